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

// What came of asking a bucket.
struct BucketTaken {
  bool taken = false;
  int64_t left = 0;     // tokens, whole ones
  int64_t wait_ns = 0;  // taken: until there is one more, 0 if it is full; else until the cost could be taken
  bool operator==(const BucketTaken&) const = default;
};
// `lacking_ns`: until the bucket is full, with the cost where that was taken.
BucketTaken TakenOf(const BucketRate& rate, int64_t cost, bool taken, int64_t lacking_ns);

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
  // What Take would say, and takes nothing.
  BucketTaken Look(const Hash128& key, const BucketRate& rate, int64_t cost, int64_t now_ns);
  // That the bucket is not full before then, as others have seen who take of it too.
  void Learn(const Hash128& key, int64_t full_ns, int64_t now_ns);

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

  size_t PlaceOf(const Hash128& key) const { return key.low & (rows_count_ - 1); }
  Bucket& Find(Row& row, const Hash128& key, int64_t now_ns);

  const size_t rows_count_;
  std::unique_ptr<Row[]> rows_;
  std::array<Lock, kLocks> locks_;
  std::atomic<int64_t> forgotten_ = 0;
};

}  // namespace ashlar::surface
