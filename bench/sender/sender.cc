// SPDX-License-Identifier: Apache-2.0
#include "bench/sender/sender.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>

namespace ashlar::sender {
namespace {

constexpr int64_t kMicros = 1'000'000;
constexpr int kSendsATurn = 64;  // then answers are looked for
constexpr int64_t kShortestSleepUs = 20;
constexpr int64_t kLongestSleepUs = 1000;

}  // namespace

Sender::Sender(const Arguments& arguments, std::vector<std::string> requests, const Clock& clock)
    : arguments_(arguments),
      requests_(std::move(requests)),
      clock_(clock),
      begin_(clock.SteadyMicros() + kMicros / 10),
      schedule_(arguments.phases, begin_),
      tally_(std::max<size_t>(arguments.phases.size(), 1), begin_) {}

Sender::~Sender() {
  if (poll_ >= 0) close(poll_);
}

Result<void> Sender::Begin() {
  prctl(PR_SET_TIMERSLACK, 1UL);  // nanoseconds: what is due is sent then
  poll_ = epoll_create1(EPOLL_CLOEXEC);
  if (poll_ < 0) return ashlar::Fail(ErrorKind::kUnavailable, "there is no epoll");
  for (size_t i = 0; i < arguments_.connections; ++i) {
    Lane* lane = Open();
    if (lane == nullptr) return ashlar::Fail(ErrorKind::kUnavailable, "the server cannot be reached");
    free_.push_back(lane);
  }
  return {};
}

// A connection that is being made; null where none can be.
Sender::Lane* Sender::Open() {
  if (closed_.empty() && lanes_.size() >= arguments_.most_connections) return nullptr;
  if (closed_.empty()) closed_.push_back(&lanes_.emplace_back());
  Lane* lane = closed_.back();
  if (!lane->link.Open(arguments_.port)) return nullptr;
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = lane}};
  if (epoll_ctl(poll_, EPOLL_CTL_ADD, lane->link.descriptor(), &event) != 0) {
    lane->link.Close();
    return nullptr;
  }
  closed_.pop_back();
  ++opened_;
  return lane;
}

Sender::Lane* Sender::FreeLane() {
  if (free_.empty()) return Open();
  Lane* lane = free_.back();
  free_.pop_back();
  return lane;
}

void Sender::SendDue(int64_t now) {
  for (int sends = 0; sends < kSendsATurn; ++sends) {
    std::optional<int64_t> next = schedule_.next();
    if (!next || *next > now) return;
    Lane* lane = FreeLane();
    if (lane == nullptr) {
      tally_.NotSent(schedule_.phase());
    } else {
      Start(*lane, schedule_.phase(), *next, clock_.SteadyMicros());
    }
    schedule_.Advance();
  }
}

void Sender::Start(Lane& lane, size_t phase, int64_t since, int64_t now) {
  lane.busy = true;
  lane.phase = phase;
  lane.since = since;
  ++busy_;
  tally_.Sent(phase, now - since);
  const std::string& request = requests_[turn_];
  turn_ = turn_ + 1 == requests_.size() ? 0 : turn_ + 1;
  if (!lane.link.Send(request)) Fail(lane);
}

void Sender::Fail(Lane& lane) {
  lane.link.Close();
  if (lane.busy) {
    tally_.Failed(lane.phase);
    --busy_;
  } else {
    std::erase(free_, &lane);
  }
  lane.busy = false;
  closed_.push_back(&lane);
}

void Sender::Take(Lane& lane, uint32_t events) {
  if (!lane.link.is_open()) return;
  if ((events & EPOLLOUT) != 0 && !lane.link.Pump()) return Fail(lane);
  if ((events & ~static_cast<uint32_t>(EPOLLOUT)) == 0) return;
  auto answer = lane.link.Receive();
  if (!answer) return Fail(lane);
  if (!*answer) return;
  if (!lane.busy) return Fail(lane);  // nothing was asked
  int64_t now = clock_.SteadyMicros();
  tally_.Answered(lane.phase, (*answer)->status, (*answer)->has_wait, lane.since, now);
  lane.busy = false;
  --busy_;
  Lane* next = &lane;
  if (!lane.link.is_open()) {
    closed_.push_back(&lane);
    next = IsClosedAt(now) ? Open() : nullptr;
  }
  if (next == nullptr) return;
  IsClosedAt(now) ? Start(*next, 0, now, now) : free_.push_back(next);
}

// Takes what has come; sleeps until the next is due, so that the core is left to whoever is asked, but for what is too
// short to wake up in time.
void Sender::Poll(int64_t until, int64_t now) {
  std::array<epoll_event, 256> events;
  const int64_t wait_us = until - now < kShortestSleepUs ? 0 : std::min(until - now, kLongestSleepUs);
  const timespec wait{.tv_sec = 0, .tv_nsec = wait_us * 1000};
  int count = epoll_pwait2(poll_, events.data(), events.size(), &wait, nullptr);
  for (int i = 0; i < count; ++i) {
    Take(*static_cast<Lane*>(events[static_cast<size_t>(i)].data.ptr), events[static_cast<size_t>(i)].events);
  }
}

std::string Sender::Run() {
  while (clock_.SteadyMicros() < begin_) Poll(begin_, clock_.SteadyMicros());
  int64_t now = clock_.SteadyMicros();
  closed_until_ = begin_ + static_cast<int64_t>(1e6 * arguments_.closed_seconds);
  while (IsClosedAt(now) && !free_.empty()) Start(*FreeLane(), 0, now, now);
  int64_t end = INT64_MAX;  // known once the last request is sent
  while (now < end) {
    bool more = IsClosedAt(now) || schedule_.next();
    if (!more && end == INT64_MAX) end = now + static_cast<int64_t>(1e6 * arguments_.linger_seconds);
    if (!more && busy_ == 0) break;
    SendDue(now);
    Poll(schedule_.next().value_or(now + kMicros), now);
    now = clock_.SteadyMicros();
  }
  for (const Lane& lane : lanes_) {
    if (lane.busy) tally_.Failed(lane.phase);
  }
  return tally_.Render(arguments_.phases, opened_);
}

}  // namespace ashlar::sender
