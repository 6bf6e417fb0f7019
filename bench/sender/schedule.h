// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <optional>
#include <vector>

#include "bench/sender/arguments.h"

namespace ashlar::sender {

// When each request is to be sent, in microseconds: evenly within a phase, whatever came of those before.
class Schedule {
 public:
  Schedule(const std::vector<Phase>& phases, int64_t begin) : phases_(phases), begin_(static_cast<double>(begin)) {}

  // Of the next request; nothing: the last phase is over.
  std::optional<int64_t> next() const {
    if (phase_ == phases_.size()) return std::nullopt;
    return static_cast<int64_t>(begin_ + 1e6 * seconds_);
  }
  size_t phase() const { return phase_; }
  void Advance() {
    const Phase& phase = phases_[phase_];
    seconds_ += 1 / (phase.from + (phase.to - phase.from) * std::min(seconds_ / phase.seconds, 1.0));
    if (seconds_ < phase.seconds) return;
    begin_ += 1e6 * phase.seconds;
    seconds_ = 0;
    ++phase_;
  }

 private:
  const std::vector<Phase>& phases_;
  double begin_;        // of the phase
  double seconds_ = 0;  // into it
  size_t phase_ = 0;
};

}  // namespace ashlar::sender
