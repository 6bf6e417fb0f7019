// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "http/lag_meter.h"

namespace ashlar::surface {

// When work is refused for having come to a server that is behind; in microseconds, 0: never.
struct AdmissionLimits {
  int64_t loop_lag_us = 0;    // of the loop that would do it: everything but health
  int64_t write_wait_us = 0;  // of the first that waits for the writer: writes
};

// What waits for the store's writer.
struct WritesWaiting {
  int64_t count = 0;
  int64_t oldest_us = 0;  // how long the first of them has waited
  int64_t group_us = 0;   // how long the last ones took that were committed together
};

// Requests that were refused so, of all loops. Thread safe.
struct Shed {
  std::atomic<int64_t> loop = 0;
  std::atomic<int64_t> writer = 0;
};

// Judges by age, before a body is read, whether a request is taken: what would wait too long is better asked again
// later. Shedding begins where one has waited for its limit, or a crowd for a part of it. While it goes on, only as
// much is taken as leaves those who are taken a short wait; it ends once nobody was refused for a while. One loop's;
// what it refers to must outlive it.
class Admission {
 public:
  static constexpr int64_t kLookEveryMicros = 20'000;     // at the writer's queue
  static constexpr int64_t kLookOftenMicros = 2'000;      // the same, while writes are shed
  static constexpr int64_t kCalmMicros = 200'000;         // without a refusal: shedding ends
  static constexpr int64_t kTellEveryMicros = 1'000'000;
  static constexpr int64_t kLeastOfPass = 4;              // requests that are taken, however long one is
  static constexpr int64_t kCrowdOfPass = 64;             // requests that are a crowd to a loop
  static constexpr int64_t kCrowdOfWrites = 256;
  // Of the limits: what a crowd may wait, and what those that are taken wait while others are refused.
  static constexpr int64_t kLoopCrowdPart = 5, kLoopTakenPart = 200;
  static constexpr int64_t kWriteCrowdPart = 20, kWriteTakenPart = 200;

  // `waiting` is thread safe.
  Admission(const AdmissionLimits& limits, const std::function<WritesWaiting()>& waiting, const Clock& clock,
            Shed& shed)
      : limits_(limits), waiting_(waiting), clock_(clock), shed_(shed) {}

  // Why the request is refused; nothing: it is taken. `lag`: of the loop, the same one each time.
  std::optional<std::string_view> Refuse(bool writes, const http::LagMeter& lag);
  // Whether it is time to say that requests are refused.
  bool IsTimeToTell();

 private:
  // Of one of the two limits.
  struct Mode {
    bool sheds = false;
    int64_t refused_us = 0;  // the last time

    void Note(bool refuses, int64_t now) {
      if (refuses) refused_us = now;
      sheds = refuses || (sheds && now - refused_us < kCalmMicros);
    }
  };

  void See(const http::LagMeter& lag);
  bool HasRoom(int64_t waited) const;
  bool IsLoopBehind(const http::LagMeter& lag);
  bool IsWriterBehind(const http::LagMeter& lag);

  const AdmissionLimits limits_;
  const std::function<WritesWaiting()>& waiting_;
  const Clock& clock_;
  Shed& shed_;
  Mode loop_;
  Mode writer_;
  uint64_t pass_ = 0;
  int64_t taken_ = 0;  // in this pass
  std::optional<int64_t> refused_from_us_;  // into this pass
  int64_t refusing_us_ = 0;                 // what refusals took of the last one
  int64_t looked_us_ = INT64_MIN / 2;
  WritesWaiting seen_;  // as of then
  int64_t told_us_ = INT64_MIN / 2;
};

}  // namespace ashlar::surface
