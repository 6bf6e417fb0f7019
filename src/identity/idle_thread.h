// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace ashlar::identity {

// A thread of the class SCHED_IDLE (sched(7)), which anything else that wants its core interrupts at once. Where a
// machine is never idle it comes to nothing, and it cannot leave its class without a privilege: whoever asks it waits
// so long and no longer. It shares no lock with others and frees nothing of theirs, as it may stand still while it
// holds one. One thread's, which asks for one work after the other; what was begun is done to its end though nobody
// waits for it any more, and holds nobody up, not even the destructor.
class IdleThread {
 public:
  IdleThread();
  ~IdleThread();
  IdleThread(const IdleThread&) = delete;
  IdleThread& operator=(const IdleThread&) = delete;

  // What `work` gives; nothing if it takes longer than `patience`, or the thread is not done with what it was asked
  // before. REQUIRES: work owns what it looks at, since it may outlive this object.
  std::optional<std::string> Ask(const std::function<std::string()>& work, std::chrono::milliseconds patience);
  // Forgets what it was asked; false: it is not done with that yet.
  bool Forget();

 private:
  struct Shared;
  static void Work(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;
};

}  // namespace ashlar::identity
