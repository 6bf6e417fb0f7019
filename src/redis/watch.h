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

  enum class State : uint8_t { kUnknown, kUp, kDown };
  // There is one connection more, of which nothing is known.
  void Add();
  // One of them has changed.
  void Change(State before, State now, std::string_view why);
  // All of them answer.
  bool up() const;

 private:
  Observer& observer_;
  mutable std::mutex mutex_;
  int all_ = 0, ups_ = 0, downs_ = 0;
  State told_ = State::kUnknown;
};

}  // namespace ashlar::redis
