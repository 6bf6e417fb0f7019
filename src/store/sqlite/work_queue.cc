// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/work_queue.h"

namespace ashlar::store::sqlite {

bool WorkQueue::Push(Job& job) {
  const int64_t now_us = job.context->clock.SteadyMicros();
  {
    std::lock_guard lock(mutex_);
    if (closed_ || jobs_.size() >= limit_) return false;
    if (!jobs_.empty() && now_us - jobs_.front().queued_us > age_limit_us_) return false;
    job.queued_us = now_us;
    jobs_.push_back(std::move(job));
  }
  some_.notify_one();
  return true;
}

std::vector<Job> WorkQueue::Take(size_t most) {
  std::vector<Job> taken;
  {
    std::unique_lock lock(mutex_);
    some_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
    while (!jobs_.empty() && taken.size() < most) {
      bool alone = jobs_.front().unit->alone;
      if (alone && !taken.empty()) break;
      taken.push_back(std::move(jobs_.front()));
      jobs_.pop_front();
      if (alone) break;
    }
  }
  const int64_t now_us = taken.empty() ? 0 : taken.front().context->clock.SteadyMicros();
  for (Job& job : taken) job.context->queue_us += now_us - job.queued_us;
  return taken;
}

std::vector<Job> WorkQueue::TakeLate() {
  std::lock_guard lock(mutex_);
  std::vector<Job> late;
  std::erase_if(jobs_, [&late](Job& job) {
    if (!job.context->deadline.Passed(job.context->clock)) return false;
    late.push_back(std::move(job));
    return true;
  });
  return late;
}

bool WorkQueue::empty() const {
  std::lock_guard lock(mutex_);
  return jobs_.empty();
}

WorkQueue::Waiting WorkQueue::waiting() const {
  std::lock_guard lock(mutex_);
  if (jobs_.empty()) return {};
  return {static_cast<int64_t>(jobs_.size()), jobs_.front().queued_us};
}

void WorkQueue::Close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  some_.notify_all();
}

}  // namespace ashlar::store::sqlite
