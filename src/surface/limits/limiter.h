// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "call/api_error.h"
#include "call/caller.h"
#include "http/message.h"
#include "model/limits.h"
#include "surface/limits/buckets.h"
#include "surface/limits/client_address.h"
#include "surface/limits/shared_buckets.h"
#include "surface/rest/batch.h"

namespace ashlar::surface {

// The limits of a contract and what has been taken of them, in this process and since its start. Safe to share between
// loops.
class Limiter {
 public:
  static constexpr int kNetworkBits = 64;  // of IPv6: what one customer of a provider has at least

  // `key`: under which callers are hashed; processes that share their buckets have the same. The clock must outlive it.
  // REQUIRES: at most Limit::kMostAll limits.
  Limiter(const std::vector<model::Limit>& limits, TrustedProxies proxies, const Clock& clock, const HashKey& key,
          size_t buckets = Buckets::kUsual);

  int64_t refused() const { return refused_.load(std::memory_order_relaxed); }  // requests
  int64_t forgotten() const { return buckets_.forgotten(); }
  // Requests that were to be counted with those of other processes, and could not be.
  int64_t alone() const { return alone_.load(std::memory_order_relaxed); }

 private:
  friend class Toll;

  struct Row {
    model::Limit limit;
    BucketRate rate;
    uint64_t mark;  // of what the limit says: processes with other contracts share what is alike
    std::string name;  // "\"600/min per user\"", as structured fields write it
    std::string policy;  // the name and what it says
  };

  std::vector<Row> rows_;
  uint32_t by_address_ = 0, by_caller_ = 0;  // rows, a bit each
  uint32_t of_sign_in_ = 0, replace_sign_in_ = 0;
  TrustedProxies proxies_;
  const Clock& clock_;
  HashKey key_;
  Buckets buckets_;  // beside shared ones: what is known of those
  std::atomic<int64_t> refused_ = 0;
  std::atomic<int64_t> alone_ = 0;
};

// What one request owes to the limits that it falls under. Each step is false where a bucket has not enough, or cannot
// be asked and its limit fails closed: the request is then refused, and nothing more is taken. A step that asks others
// must be awaited before this goes.
//
//   ForAddress ForCaller ForBatch?
class Toll {
 public:
  // `shared`: where all processes take from, on the request's loop; null: this one counts by itself. All must outlive
  // it.
  Toll(Limiter& limiter, const http::Request& request, SharedBuckets* shared = nullptr);

  // What is counted by address whoever asks, before a credential is looked at.
  Eventually<bool> ForAddress();
  // What is counted by caller; null where the credential was not good.
  Eventually<bool> ForCaller(const call::Caller* caller);
  // What the operations of a batch cost beyond the one that it was counted for.
  Eventually<bool> ForBatch(const rest::Batch& batch);

  // REQUIRES: a step was false.
  const call::ApiError& refusal() const { return *refusal_; }
  // Says on an answer what is left, and after a refusal when to come back.
  void Describe(http::Response& response) const;

 private:
  struct Taken {
    uint8_t row;
    int64_t left, wait_ns;
  };
  // What is to be taken of which rows.
  struct Bill {
    explicit Bill(uint32_t in_rows) : rows(in_rows) { costs.fill(1); }
    uint32_t rows;  // a bit each
    bool of_batch = false;
    std::array<uint16_t, model::Limit::kMostAll> costs;
  };
  static void ForEachRow(uint32_t rows, auto visit);  // until it says false

  Eventually<bool> Take(const Bill& bill);
  bool TakeHere(const Bill& bill);
  bool TakeAlone(const Bill& bill);
  Task<bool> TakeShared(Bill bill);
  // Notes what came of it.
  bool Settle(size_t row, const Bill& bill, const BucketTaken& taken);
  std::optional<Hash128> KeyOf(size_t row) const;
  bool IsFor(size_t row) const { return (rows_ >> row & 1) != 0; }
  int64_t NowNs() const { return limiter_.clock_.SteadyMicros() * 1000; }

  Limiter& limiter_;
  SharedBuckets* shared_;
  http::IpAddress client_;
  const call::Caller* caller_ = nullptr;
  uint32_t rows_ = 0;  // a bit each
  size_t count_ = 0;  // of taken_
  std::array<Taken, model::Limit::kMostAll> taken_;
  std::optional<call::ApiError> refusal_;
  int64_t retry_s_ = 0;
};

}  // namespace ashlar::surface
