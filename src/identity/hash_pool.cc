// SPDX-License-Identifier: Apache-2.0
#include "identity/hash_pool.h"

#include <sys/resource.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "identity/idle_thread.h"

namespace ashlar::identity {
namespace {

namespace asio = boost::asio;

constexpr int kNiceness = 10;
constexpr std::chrono::milliseconds kPatience(100);  // with an idle thread: four hashes

// On Linux a priority is each thread's own. That it cannot be had changes nothing but how long others wait.
void StepBack() { (void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + kNiceness); }

}  // namespace

HashPool::HashPool(int threads, size_t most_waiting) : most_waiting_(most_waiting) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

Task<std::optional<std::string>> HashPool::Run(std::function<std::string()> work) {
  return Await(std::move(work), false);
}

Task<std::optional<std::string>> HashPool::RunAside(std::function<std::string()> work) {
  return Await(std::move(work), true);
}

Task<std::optional<std::string>> HashPool::Await(std::function<std::string()> work, bool aside) {
  auto loop = co_await asio::this_coro::executor;
  auto start = [this, &work, aside, loop](auto handler) {
    auto done = [own = std::move(handler), loop](Answer answer) mutable {
      asio::post(loop,
                 [own = std::move(own), answer = std::move(answer)]() mutable { std::move(own)(std::move(answer)); });
    };
    Job job{std::move(work), aside, std::move(done)};
    if (!Submit(job)) job.done(std::nullopt);
  };
  auto answer = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Answer)>(start, asio::use_awaitable);
  co_return answer;
}

bool HashPool::Submit(Job& job) {
  {
    std::lock_guard lock(mutex_);
    if (closed_ || waiting_.size() >= most_waiting_) {
      ++refused_;
      return false;
    }
    waiting_.push_back(std::move(job));
  }
  wakes_.notify_one();
  return true;
}

HashPool::Counts HashPool::counts() const {
  std::lock_guard lock(mutex_);
  return {static_cast<int64_t>(waiting_.size()), refused_};
}

void HashPool::Work() {
  StepBack();
  IdleThread idle;
  std::unique_lock lock(mutex_);
  while (true) {
    const auto is_up = [this] { return closed_ || !waiting_.empty(); };
    while (!is_up() && !idle.Forget()) wakes_.wait_for(lock, kPatience, is_up);  // a password that was given up
    wakes_.wait(lock, is_up);
    if (closed_) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    Answer answer = job.aside ? idle.Ask(job.work, kPatience) : std::nullopt;
    job.done(answer ? std::move(answer) : job.work());
    lock.lock();
  }
}

void HashPool::Close() {
  std::deque<Job> left;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    left.swap(waiting_);
  }
  wakes_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  for (Job& job : left) job.done(std::nullopt);
}

}  // namespace ashlar::identity
