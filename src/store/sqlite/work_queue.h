// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <span>

#include "base/context.h"
#include "store/store.h"

namespace ashlar::store::sqlite {

// A unit that waits for a thread. `done` is called once, from that thread.
struct Job {
  Context* context = nullptr;
  Unit* unit = nullptr;
  std::move_only_function<void(Result<Outcomes>)> done;
  int64_t queued_us = 0;  // set by the queue, by the context's clock
};

// A bounded queue between loops and the store's own threads. Mixed units wait in a line of their own, so that they
// make nobody but each other wait; each line has the limits. Thread safe.
class WorkQueue {
 public:
  WorkQueue(size_t limit, int64_t age_limit_us) : limit_(limit), age_limit_us_(age_limit_us) {}

  // False if it is full, stalled (its first job has waited longer than the limit) or closed; the job is untouched then.
  bool Push(Job& job);
  // Waits for work and takes up to `most` jobs of each line, the mixed ones last; one that is to be alone only by
  // itself; none once it is closed and empty.
  std::vector<Job> Take(size_t most);
  // Puts mixed ones that were taken last, and not done, where they were.
  void GiveBack(std::span<Job> jobs);
  // Takes those whose deadline has passed, or whose client is gone.
  std::vector<Job> TakeLate();
  bool empty() const;
  struct Waiting {
    int64_t jobs = 0;
    int64_t since_us = 0;  // when the first of them was queued, without the mixed ones; 0: none is
  };
  Waiting waiting() const;
  void Close();

 private:
  const size_t limit_;
  const int64_t age_limit_us_;
  mutable std::mutex mutex_;
  std::condition_variable some_;
  size_t asleep_ = 0;  // threads that no push has woken yet, at least
  std::deque<Job>& LineOf(const Job& job) { return job.unit->mixed ? mixed_ : jobs_; }
  std::deque<Job> jobs_;
  std::deque<Job> mixed_;
  bool closed_ = false;
};

}  // namespace ashlar::store::sqlite
