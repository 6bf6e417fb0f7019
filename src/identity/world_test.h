// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "base/clock.h"
#include "base/observe.h"

namespace ashlar::identity {

// Stands still until a test sets it.
class TestClock final : public Clock {
 public:
  int64_t NowMicros() const override { return seconds * 1'000'000; }
  int64_t SteadyMicros() const override { return seconds * 1'000'000; }
  int64_t seconds = 1'800'000'000;
};

class Silence final : public Observer {
 public:
  void Observe(const Observation&) override {}
};

}  // namespace ashlar::identity
