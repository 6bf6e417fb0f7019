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
  static constexpr int64_t kBusyMicros = 1'000;    // from here on one follows the other

  // `turn`: how long the turn that ends has taken, as far as that was measured.
  bool WantsProbe(int64_t now, int64_t turn) const {
    return !under_way_ && (last_ >= kBusyMicros || turn >= kBusyMicros || now - departed_ >= kEveryMicros);
  }
  bool under_way() const { return under_way_; }
  void Depart(int64_t now) {
    departed_ = now;
    under_way_ = true;
  }
  void Arrive(int64_t now) {
    before_ = last_;
    last_ = std::max<int64_t>(now - departed_, 0);
    under_way_ = false;
    ++passes_;
  }
  // Below this nobody is behind, and nobody need look at the clock for it.
  static constexpr int64_t kWorthMicros = 10'000;
  bool MayStand() const { return last_ >= kWorthMicros; }
  // What two probes in a row took at least: that a loop, or the whole machine, stood still once is no overload.
  int64_t Standing(int64_t now) const {
    int64_t arrived = std::min(before_, last_);
    return under_way_ ? std::max(arrived, std::min(last_, now - departed_)) : arrived;
  }
  // What the last probe took: how long that was ready, before its turn came, what is served behind it now.
  int64_t last() const { return last_; }
  // How long the probe under way has taken by now: what is served meanwhile has been ready for longer.
  int64_t Waited(int64_t now) const { return under_way_ ? now - departed_ : 0; }
  // Probes that have arrived. All that was ready when one departed is served before it arrives: a pass.
  uint64_t passes() const { return passes_; }

 private:
  int64_t departed_ = INT64_MIN / 2;
  int64_t before_ = 0;
  int64_t last_ = 0;
  uint64_t passes_ = 0;
  bool under_way_ = false;
};

}  // namespace ashlar::http
