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
#include "call/api_error.h"
#include "call/caller.h"
#include "http/message.h"
#include "model/limits.h"
#include "surface/limits/buckets.h"
#include "surface/limits/client_address.h"
#include "surface/rest/batch.h"

namespace ashlar::surface {

// The limits of a contract and what has been taken of them, in this process and since its start. Safe to share between
// loops.
class Limiter {
 public:
  static constexpr int kNetworkBits = 64;  // of IPv6: what one customer of a provider has at least

  // The clock must outlive it.
  Limiter(const std::vector<model::Limit>& limits, TrustedProxies proxies, const Clock& clock,
          size_t buckets = Buckets::kUsual);

  int64_t refused() const { return refused_.load(std::memory_order_relaxed); }  // requests
  int64_t forgotten() const { return buckets_.forgotten(); }

 private:
  friend class Toll;

  struct Row {
    model::Limit limit;
    BucketRate rate;
    std::string name;    // "\"600/min per user\"", as structured fields write it
    std::string policy;  // the name and what it says
  };

  std::vector<Row> rows_;
  TrustedProxies proxies_;
  const Clock& clock_;
  HashKey key_;
  Buckets buckets_;
  std::atomic<int64_t> refused_ = 0;
};

// What one request owes to the limits that it falls under. Each step is false where a bucket has not enough: the
// request is then refused, and nothing more is taken.
//
//   ForAddress ForCaller ForBatch?
class Toll {
 public:
  // Both must outlive it.
  Toll(Limiter& limiter, const http::Request& request);

  // What is counted by address whoever asks, before a credential is looked at.
  bool ForAddress();
  // What is counted by caller; null where the credential was not good.
  bool ForCaller(const call::Caller* caller);
  // What the operations of a batch cost beyond the one that it was counted for.
  bool ForBatch(const rest::Batch& batch);

  // REQUIRES: a step was false.
  const call::ApiError& refusal() const { return *refusal_; }
  // Says on an answer what is left, and after a refusal when to come back.
  void Describe(http::Response& response) const;

 private:
  struct Taken {
    uint8_t row;
    int64_t left, wait_ns;
  };
  // `whole_cost`: with what was taken before.
  bool Take(size_t row, int64_t cost, int64_t whole_cost);
  std::optional<Hash128> KeyOf(size_t row) const;
  bool IsFor(size_t row) const { return (rows_ >> row & 1) != 0; }

  Limiter& limiter_;
  http::IpAddress client_;
  const call::Caller* caller_ = nullptr;
  uint32_t rows_ = 0;  // a bit each
  size_t count_ = 0;   // of taken_
  std::array<Taken, model::Limit::kMost> taken_;
  std::optional<call::ApiError> refusal_;
  int64_t retry_s_ = 0;
};

}  // namespace ashlar::surface
