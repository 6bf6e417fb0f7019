// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

#include "base/context.h"
#include "store/store.h"

namespace ashlar::store::sqlite {

// A unit that waits for a thread. `done` is called once, from that thread.
struct Job {
  Context* context = nullptr;
  Unit* unit = nullptr;
  std::function<void(Result<Outcomes>)> done;
};

// A bounded queue between loops and the store's own threads. Thread safe.
class WorkQueue {
 public:
  explicit WorkQueue(size_t limit) : limit_(limit) {}

  // False if it is full or closed; the job is untouched then.
  bool Push(Job& job);
  // Waits for work and takes up to `most` jobs; none once it is closed and empty.
  std::vector<Job> Take(size_t most);
  bool empty() const;
  void Close();

 private:
  const size_t limit_;
  mutable std::mutex mutex_;
  std::condition_variable some_;
  std::deque<Job> jobs_;
  bool closed_ = false;
};

}  // namespace ashlar::store::sqlite
