// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/task.h"

namespace ashlar::identity {

// The threads that hash passwords, which would hold up a loop for tens of milliseconds. Few threads and few who wait:
// whoever comes beyond that is told at once. They step back behind the loops where both want a core, and each has an
// idle thread that steps back altogether. Shared by all loops.
class HashPool {
 public:
  static constexpr int kThreads = 2;
  static constexpr size_t kMostWaiting = 64;

  explicit HashPool(int threads = kThreads, size_t most_waiting = kMostWaiting);
  ~HashPool() { Close(); }

  // What `work` gives, on the loop that asked; nothing if too many wait, or the pool is closed. REQUIRES: the loop is
  // there until Close has returned.
  Task<std::optional<std::string>> Run(std::function<std::string()> work);
  // The same, on an idle thread at first; done again where that one comes to nothing. REQUIRES: work may be done twice,
  // and owns what it looks at.
  Task<std::optional<std::string>> RunAside(std::function<std::string()> work);

  struct Counts {
    int64_t waiting = 0;  // now
    int64_t refused = 0;  // since the start
  };
  Counts counts() const;  // thread safe

  // Ends the threads when they have done what they do; what waits is told that it is not done. May be called again.
  void Close();

 private:
  using Answer = std::optional<std::string>;
  struct Job {
    std::function<std::string()> work;
    bool aside;
    std::move_only_function<void(Answer)> done;  // thread safe
  };
  Task<Answer> Await(std::function<std::string()> work, bool aside);
  bool Submit(Job& job);
  void Work();

  const size_t most_waiting_;
  mutable std::mutex mutex_;
  std::condition_variable wakes_;
  std::deque<Job> waiting_;
  bool closed_ = false;
  int64_t refused_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace ashlar::identity
