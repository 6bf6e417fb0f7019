// SPDX-License-Identifier: Apache-2.0
#include "identity/idle_thread.h"

#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/crypto/argon2.h"

namespace ashlar::identity {
namespace {

constexpr std::chrono::milliseconds kKeepsMemory(5000);  // when nothing is asked
constexpr std::chrono::milliseconds kForEver(-1);

// Wakes one thread, which may wait for a while only. No lock, and no memory.
class Bell {
 public:
  Bell() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Bell() { close(descriptor_); }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void Ring() { (void)eventfd_write(descriptor_, 1); }
  // Whether it rang.
  bool Await(std::chrono::milliseconds patience) {
    pollfd waits{.fd = descriptor_, .events = POLLIN, .revents = 0};
    if (poll(&waits, 1, static_cast<int>(patience.count())) == 0) return false;
    eventfd_t times = 0;
    return eventfd_read(descriptor_, &times) == 0;
  }

 private:
  int descriptor_;
};

}  // namespace

// The state tells whose the rest is: the thread's while it is kAsked, else the owner's. The bells only wake.
struct IdleThread::Shared {
  enum State : uint8_t { kFree, kAsked, kDone };

  Bell asked, done;
  std::atomic<State> state = kFree;
  std::atomic<bool> closed = false;
  std::function<std::string()> work;
  std::string result;
};

IdleThread::IdleThread() : shared_(std::make_shared<Shared>()) {
  std::thread([shared = shared_] { Work(shared); }).detach();
}

IdleThread::~IdleThread() {
  shared_->closed.store(true);
  shared_->asked.Ring();
}

void IdleThread::Work(const std::shared_ptr<Shared>& shared) {
  const sched_param none{};
  (void)sched_setscheduler(0, SCHED_IDLE, &none);  // of this thread; where it may not, others wait as for any other
  Argon2Memory memory;
  while (!shared->closed.load()) {
    if (shared->state.load(std::memory_order_acquire) == Shared::kAsked) {
      shared->result = shared->work();
      shared->state.store(Shared::kDone, std::memory_order_release);
      shared->done.Ring();
    } else if (!shared->asked.Await(kKeepsMemory)) {
      memory.Release();
      shared->asked.Await(kForEver);
    }
  }
}

bool IdleThread::Forget() {
  if (shared_->state.load(std::memory_order_acquire) == Shared::kAsked) return false;
  shared_->work = nullptr;
  shared_->result.clear();
  return true;
}

std::optional<std::string> IdleThread::Ask(const std::function<std::string()>& work,
                                           std::chrono::milliseconds patience) {
  Shared& shared = *shared_;
  if (shared.state.load(std::memory_order_acquire) == Shared::kAsked) return std::nullopt;
  shared.work = work;
  shared.state.store(Shared::kAsked, std::memory_order_release);
  shared.asked.Ring();
  while (shared.state.load(std::memory_order_acquire) != Shared::kDone) {  // the bell may have been for one before
    if (!shared.done.Await(patience)) return std::nullopt;
  }
  std::string result = shared.result;
  Forget();
  return result;
}

}  // namespace ashlar::identity
