// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace ashlar::identity {

// What the loops and the courier tell each other of the mails that wait: the rows themselves are the store's. Thread
// safe.
class MailQueue {
 public:
  static constexpr int64_t kMostWaiting = 10'000;  // beyond it nobody may ask for more

  // By whoever has put some into the store.
  void Added(int64_t mails = 1);
  bool full() const { return waiting_.load(std::memory_order_relaxed) >= kMostWaiting; }

  // By the courier: how many there are, and what it waits for. True: some were added.
  void Counted(int64_t mails) { waiting_.store(mails, std::memory_order_relaxed); }
  bool WaitForMore(const std::stop_token& stop, std::chrono::milliseconds patience);
  // Whatever is added meanwhile.
  void Pause(const std::stop_token& stop, std::chrono::milliseconds patience);

 private:
  std::atomic<int64_t> waiting_ = 0;
  std::mutex mutex_;
  std::condition_variable_any more_;
  bool added_ = false;
};

}  // namespace ashlar::identity
