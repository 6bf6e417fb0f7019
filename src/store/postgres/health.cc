// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/health.h"

namespace ashlar::store::postgres {

Health::Status Health::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}

void Health::Add() {
  std::lock_guard lock(mutex_);
  ++all_;
}

void Health::Change(State before, State now, std::string_view why) {
  std::lock_guard lock(mutex_);
  ups_ += (now == State::kUp) - (before == State::kUp);
  downs_ += (now == State::kDown) - (before == State::kDown);
  Judge(why);
}

void Health::Remove(State before) {
  std::lock_guard lock(mutex_);
  --all_;
  ups_ -= before == State::kUp;
  downs_ -= before == State::kDown;
}

// One that is down is enough; all have to be up.
void Health::Judge(std::string_view why) {
  const State now = downs_ > 0 ? State::kDown : ups_ == all_ ? State::kUp : status_.state;
  if (now == status_.state) return;
  status_ = {now, clock_.SteadyMicros(), std::string(why)};
  if (now == State::kUp) observer_.Observe(Note{Severity::kInfo, "store.up", status_.why});
  if (now == State::kDown) observer_.Observe(Note{Severity::kWarning, "store.down", status_.why});
}

}  // namespace ashlar::store::postgres
