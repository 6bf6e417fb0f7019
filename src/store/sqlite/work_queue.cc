// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/work_queue.h"

namespace ashlar::store::sqlite {

bool WorkQueue::Push(Job& job) {
  const int64_t now_us = job.context->clock.SteadyMicros();
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    std::deque<Job>& line = LineOf(job);
    if (closed_ || line.size() >= limit_) return false;
    if (!line.empty() && now_us - line.front().queued_us > age_limit_us_) return false;
    job.queued_us = now_us;
    line.push_back(std::move(job));
    wake = asleep_ > 0;
    if (wake) --asleep_;
  }
  if (wake) some_.notify_one();
  return true;
}

std::vector<Job> WorkQueue::Take(size_t most) {
  std::vector<Job> taken;
  {
    std::unique_lock lock(mutex_);
    while (!closed_ && jobs_.empty() && mixed_.empty()) {
      ++asleep_;
      some_.wait(lock);
    }
    while (!jobs_.empty() && taken.size() < most) {
      bool alone = jobs_.front().unit->alone;
      if (alone && !taken.empty()) break;
      taken.push_back(std::move(jobs_.front()));
      jobs_.pop_front();
      if (alone) break;
    }
    bool alone = !taken.empty() && taken[0].unit->alone;
    for (; !mixed_.empty() && !alone && most > 0; --most) {
      taken.push_back(std::move(mixed_.front()));
      mixed_.pop_front();
    }
  }
  const int64_t now_us = taken.empty() ? 0 : taken.front().context->clock.SteadyMicros();
  for (Job& job : taken) job.context->queue_us += now_us - job.queued_us;
  return taken;
}

void WorkQueue::GiveBack(std::span<Job> jobs) {
  const int64_t now_us = jobs.front().context->clock.SteadyMicros();
  std::lock_guard lock(mutex_);
  while (!jobs.empty()) {
    Job& last = jobs.back();
    last.context->queue_us -= now_us - last.queued_us;  // which is counted when it is taken again
    mixed_.push_front(std::move(last));
    jobs = jobs.first(jobs.size() - 1);
  }
}

std::vector<Job> WorkQueue::TakeLate() {
  std::lock_guard lock(mutex_);
  std::vector<Job> late;
  auto take = [&late](Job& job) {
    if (!job.context->deadline.Passed(job.context->clock) && !job.context->ClientGone()) return false;
    late.push_back(std::move(job));
    return true;
  };
  std::erase_if(jobs_, take);
  std::erase_if(mixed_, take);
  return late;
}

bool WorkQueue::empty() const {
  std::lock_guard lock(mutex_);
  return jobs_.empty() && mixed_.empty();
}

WorkQueue::Waiting WorkQueue::waiting() const {
  std::lock_guard lock(mutex_);
  return {static_cast<int64_t>(jobs_.size() + mixed_.size()), jobs_.empty() ? 0 : jobs_.front().queued_us};
}

void WorkQueue::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  some_.notify_all();
}

}  // namespace ashlar::store::sqlite
