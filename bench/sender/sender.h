// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <deque>

#include "base/clock.h"
#include "bench/sender/link.h"
#include "bench/sender/schedule.h"
#include "bench/sender/tally.h"

namespace ashlar::sender {

// Sends by the schedule, or in a closed loop, from one thread, and counts what comes back.
//   Begin Run
class Sender {
 public:
  Sender(const Arguments& arguments, std::vector<std::string> requests, const Clock& clock);
  ~Sender();

  // Opens the first connections.
  Result<void> Begin();
  // To the end of the schedule and of the answers that are waited for; then the JSON that tells it.
  std::string Run();

 private:
  struct Lane {  // a connection and the request that it has under way
    Link link;
    bool busy = false;
    size_t phase = 0;
    int64_t since = 0;
  };

  Lane* Open();
  Lane* FreeLane();
  void SendDue(int64_t now);
  void Start(Lane& lane, size_t phase, int64_t since, int64_t now);
  void Poll(int64_t until, int64_t now);
  void Take(Lane& lane, uint32_t events);
  void Fail(Lane& lane);
  // Whether a closed loop goes on.
  bool IsClosedAt(int64_t now) const { return now < closed_until_; }

  const Arguments& arguments_;
  const std::vector<std::string> requests_;
  const Clock& clock_;
  int poll_ = -1;
  int64_t begin_;
  int64_t closed_until_ = 0;
  Schedule schedule_;
  Tally tally_;
  std::deque<Lane> lanes_;
  std::vector<Lane*> free_;    // open, the last used one at the end
  std::vector<Lane*> closed_;  // to be opened again
  size_t turn_ = 0;            // of requests_
  size_t busy_ = 0;
  size_t opened_ = 0;
};

}  // namespace ashlar::sender
