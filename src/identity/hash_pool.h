// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/task.h"

namespace ashlar::identity {

// The threads that hash passwords, which would hold up a loop for tens of milliseconds. Few threads and few who wait:
// whoever comes beyond that is told at once. Shared by all loops.
//
// Some run only while nobody else wants the core (SCHED_IDLE): whoever reads meanwhile waits for none of them. On a
// machine that is never idle they would take seconds for a hash; what has waited for a while there is taken by threads
// that merely step back behind the loops (docs/decisions/0044).
class HashPool {
 public:
  static constexpr int kThreads = 2;
  static constexpr int kAside = 2;
  static constexpr size_t kMostWaiting = 64;

  // `aside` threads of the first kind, `threads` of the second, which take everything where there are none aside.
  explicit HashPool(int threads = kThreads, size_t most_waiting = kMostWaiting, int aside = 0,
                    const Clock& clock = SystemClock());
  ~HashPool() { Close(); }

  // What `work` gives, on the loop that asked; nothing if too many wait, or the pool is closed. REQUIRES: the loop is
  // there until Close has returned.
  Task<std::optional<std::string>> Run(std::function<std::string()> work);

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
    std::move_only_function<void(Answer)> done;  // thread safe
    int64_t since_us = 0;
  };
  enum class Manner : uint8_t { kStepsBack, kAside };
  bool Submit(Job& job);
  void Work(Manner manner);
  void AwaitTurn(std::unique_lock<std::mutex>& lock, Manner manner);
  void Do(Job& job, Manner manner);

  const Clock& clock_;
  const size_t most_waiting_;
  const int64_t patience_us_;  // with which those that step back leave a job to those aside
  mutable std::mutex mutex_;
  std::condition_variable wakes_;  // one of those that step back
  std::condition_variable wakes_aside_;  // one of those aside
  std::deque<Job> waiting_;
  bool closed_ = false;
  bool starved_ = false;  // those aside get no core
  int64_t refused_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace ashlar::identity
