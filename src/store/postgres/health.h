// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/observe.h"

namespace ashlar::store::postgres {

// Whether all loops of a process reach their server; said once each time that this changes: "store.up", "store.down".
// Thread safe; the observer and the clock must outlive it.
class Health {
 public:
  Health(Observer& observer, const Clock& clock) : observer_(observer), clock_(clock) {}

  enum class State : uint8_t { kUnknown, kUp, kDown };
  struct Status {
    State state = State::kUnknown;
    int64_t since_us = 0;  // of the steady clock
    std::string why;       // without what is secret
  };
  Status status() const;
  bool up() const { return status().state == State::kUp; }

  // There is one loop more, of which nothing is known.
  void Add();
  // One of them has changed.
  void Change(State before, State now, std::string_view why);
  // One of them is no more.
  void Remove(State before);

 private:
  void Judge(std::string_view why);

  Observer& observer_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  int all_ = 0, ups_ = 0, downs_ = 0;
  Status status_;
};

}  // namespace ashlar::store::postgres
