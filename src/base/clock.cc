// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <chrono>

namespace ashlar {
namespace {

class System final : public Clock {
 public:
  int64_t NowMicros() const override { return Micros(std::chrono::system_clock::now()); }
  int64_t SteadyMicros() const override { return Micros(std::chrono::steady_clock::now()); }

 private:
  template <class Point>
  static int64_t Micros(Point point) {
    return std::chrono::duration_cast<std::chrono::microseconds>(point.time_since_epoch()).count();
  }
};

}  // namespace

const Clock& SystemClock() {
  static const System clock;
  return clock;
}

}  // namespace ashlar
