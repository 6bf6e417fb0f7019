// SPDX-License-Identifier: Apache-2.0
#include "identity/mail_queue.h"

namespace ashlar::identity {

void MailQueue::Added(int64_t mails) {
  waiting_.fetch_add(mails, std::memory_order_relaxed);
  {
    std::lock_guard lock(mutex_);
    added_ = true;
  }
  more_.notify_all();
}

bool MailQueue::WaitForMore(const std::stop_token& stop, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  more_.wait_for(lock, stop, patience, [this] { return added_; });
  return std::exchange(added_, false);
}

void MailQueue::Pause(const std::stop_token& stop, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  more_.wait_for(lock, stop, patience, [] { return false; });
}

}  // namespace ashlar::identity
