// SPDX-License-Identifier: Apache-2.0
#include "redis/watch.h"

namespace ashlar::redis {

void Watch::Add() {
  std::lock_guard lock(mutex_);
  ++all_;
}

void Watch::Change(State before, State now, std::string_view why) {
  std::lock_guard lock(mutex_);
  auto count = [this](State state, int by) {
    if (state == State::kUp) ups_ += by;
    if (state == State::kDown) downs_ += by;
  };
  count(before, -1);
  count(now, 1);
  const State all = downs_ > 0 ? State::kDown : ups_ == all_ ? State::kUp : told_;
  if (all == std::exchange(told_, all)) return;
  if (all == State::kUp) observer_.Observe(Note{Severity::kInfo, "redis.up", std::string(why)});
  if (all == State::kDown) observer_.Observe(Note{Severity::kWarning, "redis.down", std::string(why)});
}

bool Watch::up() const {
  std::lock_guard lock(mutex_);
  return ups_ > 0 && ups_ == all_;
}

}  // namespace ashlar::redis
