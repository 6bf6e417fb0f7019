// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace ashlar {

// Where time comes from; injected, so that tests own it. Thread safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Microseconds since 1970-01-01T00:00:00Z.
  virtual int64_t NowMicros() const = 0;
  // Microseconds that never go back, from an arbitrary start; for deadlines and durations.
  virtual int64_t SteadyMicros() const = 0;
};

const Clock& SystemClock();

// A point in Clock::SteadyMicros after which work is in vain.
struct Deadline {
  int64_t steady_micros = INT64_MAX;
  static Deadline After(const Clock& clock, int64_t micros) { return {clock.SteadyMicros() + micros}; }
  bool Passed(const Clock& clock) const { return clock.SteadyMicros() >= steady_micros; }
};

}  // namespace ashlar
