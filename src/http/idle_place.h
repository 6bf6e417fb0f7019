// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <list>

namespace ashlar::http {

class Connection;

// A connection's place in a loop's queue of those that can be ended to make room, the longest idle one first.
class IdlePlace {
 public:
  using Queue = std::list<Connection*>;

  IdlePlace(Connection* who, Queue& queue) : queue_(queue), kept_{who}, at_(kept_.begin()) {}
  ~IdlePlace() { Leave(); }
  IdlePlace(const IdlePlace&) = delete;
  IdlePlace& operator=(const IdlePlace&) = delete;

  // At the end of the queue, unless it stands there already.
  void Take() {
    if (!kept_.empty()) queue_.splice(queue_.end(), kept_);
  }
  void Leave() {
    if (kept_.empty()) kept_.splice(kept_.end(), queue_, at_);
  }

 private:
  Queue& queue_;
  Queue kept_;  // its element, while it does not stand in the queue: nothing is allocated on the way
  Queue::iterator at_;
};

}  // namespace ashlar::http
