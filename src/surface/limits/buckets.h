// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/keyed_hash.h"

namespace ashlar::surface {

// A bucket of `burst` tokens, into which one comes back every `token_ns`.
struct BucketRate {
  int64_t token_ns = 1;
  int64_t burst = 1;
};

struct BucketTaken {
  bool taken = false;
  int64_t left = 0;     // tokens, whole ones
  int64_t wait_ns = 0;  // taken: until there is one more, 0 if it is full; else until the cost could be taken
};

// Token buckets by key, full at first. There is a fixed number of them: where there is no room for one more, that one
// is forgotten, of eight, which would be full soonest, so that little is lost of who has spent most. A bucket is one
// number, the time at which it will be full.
//
// Safe to share between threads. Allocates when it is made and never again.
class Buckets {
 public:
  static constexpr size_t kUsual = size_t{1} << 17;  // 3 MiB

  // REQUIRES: a power of two, and at least 512 of them.
  explicit Buckets(size_t count);

  // Takes `cost` tokens, or none. `now_ns` is of a clock that does not go back. REQUIRES: no bucket of the rate takes
  // longer than a few years to fill.
  BucketTaken Take(const Hash128& key, const BucketRate& rate, int64_t cost, int64_t now_ns);

  // Buckets that were forgotten before they were full.
  int64_t forgotten() const { return forgotten_.load(std::memory_order_relaxed); }

 private:
  static constexpr size_t kWays = 8;
  static constexpr size_t kLocks = 64;

  struct Bucket {
    Hash128 key;
    int64_t full_ns = INT64_MIN;  // nobody's
  };
  using Row = std::array<Bucket, kWays>;
  struct alignas(64) Lock {
    std::mutex mutex;
  };

  Bucket& Find(Row& row, const Hash128& key, int64_t now_ns);

  const size_t rows_count_;
  std::unique_ptr<Row[]> rows_;
  std::array<Lock, kLocks> locks_;
  std::atomic<int64_t> forgotten_ = 0;
};

}  // namespace ashlar::surface
