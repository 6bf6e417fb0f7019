// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <mutex>
#include <string>
#include <string_view>

#include "base/observe.h"

namespace ashlar::redis {

// Whether a process's connections to its Redis server answer, said once each time that this changes: "redis.up",
// "redis.down". Thread safe; the observer must outlive it.
class Watch {
 public:
  explicit Watch(Observer& observer) : observer_(observer) {}

  // Of one connection, each time that it changes; `before`: what it said last, if it has said anything.
  enum class State : uint8_t { kUnknown, kUp, kDown };
  void Change(State before, State now, std::string_view why);
  // Some do, and all that have tried.
  bool up() const;

 private:
  Observer& observer_;
  mutable std::mutex mutex_;
  int ups_ = 0, downs_ = 0;
  State told_ = State::kUnknown;
};

}  // namespace ashlar::redis
