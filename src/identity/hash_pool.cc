// SPDX-License-Identifier: Apache-2.0
#include "identity/hash_pool.h"

#include <sched.h>
#include <sys/resource.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ashlar::identity {
namespace {

namespace asio = boost::asio;

constexpr int kNiceness = 10;

constexpr int64_t kPatienceUs = 50'000;
// Aside, a hash has gone short of its core if it took as many times as long as it computed; it has one again once a
// thread that steps back gets that much of it.
constexpr int kStarved = 8, kFed = 3;
constexpr int64_t kTellingUs = 1000;  // of computing, from which on a job tells anything

// On Linux a priority is each thread's own. That it cannot be had changes nothing but how long others wait.
void StepBack() { (void)setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + kNiceness); }
void StepAside() {
  const sched_param none{};
  (void)sched_setscheduler(0, SCHED_IDLE, &none);
}

// What the thread has computed.
int64_t ComputedUs() {
  rusage used{};
  getrusage(RUSAGE_THREAD, &used);
  return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1'000'000 + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

}  // namespace

HashPool::HashPool(int threads, size_t most_waiting, int aside, const Clock& clock)
    : clock_(clock), most_waiting_(most_waiting), patience_us_(aside > 0 ? kPatienceUs : 0) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(Manner::kStepsBack); });
  for (int i = 0; i < aside; ++i) threads_.emplace_back([this] { Work(Manner::kAside); });
}

Task<std::optional<std::string>> HashPool::Run(std::function<std::string()> work) {
  auto loop = co_await asio::this_coro::executor;
  auto start = [this, &work, loop](auto handler) {
    auto done = [own = std::move(handler), loop](Answer answer) mutable {
      asio::post(loop,
                 [own = std::move(own), answer = std::move(answer)]() mutable { std::move(own)(std::move(answer)); });
    };
    Job job{std::move(work), std::move(done)};
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
    job.since_us = clock_.SteadyMicros();
    waiting_.push_back(std::move(job));
  }
  wakes_aside_.notify_one();
  wakes_.notify_one();
  return true;
}

HashPool::Counts HashPool::counts() const {
  std::lock_guard lock(mutex_);
  return {static_cast<int64_t>(waiting_.size()), refused_};
}

// Until there is a job that this thread may take, or the pool is closed.
void HashPool::AwaitTurn(std::unique_lock<std::mutex>& lock, Manner manner) {
  if (manner == Manner::kAside) {
    wakes_aside_.wait(lock, [this] { return closed_ || (!waiting_.empty() && !starved_); });
    return;
  }
  while (!closed_) {
    if (waiting_.empty()) {
      wakes_.wait(lock);
      continue;
    }
    const int64_t left_us = waiting_.front().since_us + patience_us_ - clock_.SteadyMicros();
    if (starved_ || left_us <= 0) return;
    wakes_.wait_for(lock, std::chrono::microseconds(left_us));
  }
}

void HashPool::Work(Manner manner) {
  manner == Manner::kAside ? StepAside() : StepBack();
  std::unique_lock lock(mutex_);
  while (true) {
    AwaitTurn(lock, manner);
    if (closed_) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    Do(job, manner);
    lock.lock();
  }
}

// Once a job went short aside, no other is begun there until one gets its core again.
void HashPool::Do(Job& job, Manner manner) {
  const int64_t begun = clock_.SteadyMicros(), before = ComputedUs();
  std::string answer = job.work();
  const int64_t computed = ComputedUs() - before, took = clock_.SteadyMicros() - begun;
  if (patience_us_ > 0 && computed >= kTellingUs) {
    std::lock_guard lock(mutex_);
    if (manner == Manner::kAside && took > kStarved * computed) starved_ = true;
    if (manner == Manner::kStepsBack && took < kFed * computed) starved_ = false;
    starved_ ? wakes_.notify_all() : wakes_aside_.notify_all();
  }
  job.done(std::move(answer));
}

void HashPool::Close() {
  std::deque<Job> left;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    left.swap(waiting_);
  }
  wakes_.notify_all();
  wakes_aside_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  for (Job& job : left) job.done(std::nullopt);
}

}  // namespace ashlar::identity
