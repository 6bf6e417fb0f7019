// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>

namespace ashlar::http {

// How far a loop is behind: how long a probe takes that stands in line like everybody's bytes. Pure; microseconds of
// the steady clock. One loop's.
//
//   (WantsProbe Depart Arrive)*
class LagMeter {
 public:
  static constexpr int64_t kEveryMicros = 20'000;  // one probe in this time, while there are turns

  bool WantsProbe(int64_t now) const { return !under_way_ && now - departed_ >= kEveryMicros; }
  void Depart(int64_t now) {
    departed_ = now;
    under_way_ = true;
  }
  void Arrive(int64_t now) {
    before_ = last_;
    last_ = std::max<int64_t>(now - departed_, 0);
    under_way_ = false;
  }
  // Below this nobody is behind, and nobody need look at the clock for it.
  static constexpr int64_t kWorthMicros = 10'000;
  bool MayStand() const { return last_ >= kWorthMicros; }
  // What two probes in a row took at least: that a loop, or the whole machine, stood still once is no overload.
  int64_t Standing(int64_t now) const {
    int64_t arrived = std::min(before_, last_);
    return under_way_ ? std::max(arrived, std::min(last_, now - departed_)) : arrived;
  }
  // What the last probe took.
  int64_t last() const { return last_; }

 private:
  int64_t departed_ = INT64_MIN / 2;
  int64_t before_ = 0;
  int64_t last_ = 0;
  bool under_way_ = false;
};

}  // namespace ashlar::http
