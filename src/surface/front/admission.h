// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace ashlar::surface {

// When work is refused for having come to a server that is behind; in microseconds, 0: never.
struct AdmissionLimits {
  int64_t loop_lag_us = 0;    // of the loop that would do it: everything but health
  int64_t write_wait_us = 0;  // of the first that waits for the writer: writes
};

// Requests that were refused so, of all loops. Thread safe.
struct Shed {
  std::atomic<int64_t> loop = 0;
  std::atomic<int64_t> writer = 0;
};

// Judges by age, before a body is read, whether a request is taken: what would wait too long is better asked again
// later. One loop's; what it refers to must outlive it.
class Admission {
 public:
  static constexpr int64_t kLookEveryMicros = 20'000;  // at the writer's queue

  // `oldest_write_us`: how long the first of those that wait for the writer has waited; thread safe.
  Admission(const AdmissionLimits& limits, const std::function<int64_t()>& oldest_write_us, const Clock& clock,
            Shed& shed)
      : limits_(limits), oldest_write_us_(oldest_write_us), clock_(clock), shed_(shed) {}

  // Why the request is refused; nothing: it is taken. `loop_lag_us`: how far the loop is behind.
  std::optional<std::string_view> Refuse(bool writes, int64_t loop_lag_us);

 private:
  int64_t OldestWrite();

  const AdmissionLimits limits_;
  const std::function<int64_t()>& oldest_write_us_;
  const Clock& clock_;
  Shed& shed_;
  int64_t looked_us_ = INT64_MIN / 2;
  int64_t oldest_us_ = 0;  // as of then
};

}  // namespace ashlar::surface
