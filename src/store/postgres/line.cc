// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/line.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace ashlar::store::postgres {
namespace {

namespace asio = boost::asio;

constexpr int64_t kLongestWaitUs = 3'600'000'000;

}  // namespace

Line::Line(asio::io_context& loop, const Clock& clock, size_t most)
    : loop_(loop), clock_(clock), most_(most), timer_(loop) {}

Task<Line::Found> Line::Wait(int64_t until_us) {
  const auto self = shared_from_this();
  if (waiting_.size() >= most_) co_return Fail(ErrorKind::kUnavailable, "too many requests wait for the store");
  auto start = [this, until_us](auto handler) {
    waiting_.push_back(
        {until_us, [own = std::move(handler)](Found found) mutable { std::move(own)(std::move(found)); }});
    Guard(until_us);
  };
  auto found = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Found)>(start, asio::use_awaitable);
  co_return found;
}

void Line::Answer(Waiting waiting, Found found) {
  asio::post(loop_, [done = std::move(waiting.done), found = std::move(found)]() mutable { done(std::move(found)); });
}

bool Line::Serve(const std::shared_ptr<Link>& link) {
  if (waiting_.empty()) return false;
  Answer(std::move(waiting_.front()), link);
  waiting_.pop_front();
  return true;
}

void Line::Refuse(const Error& error) {
  for (Waiting& waiting : std::exchange(waiting_, {})) Answer(std::move(waiting), std::unexpected(error));
}

// Sees to it that the line is looked at then, or before.
void Line::Guard(int64_t until_us) {
  if (armed_us_ && *armed_us_ <= until_us) return;
  armed_us_ = until_us;
  timer_.expires_after(std::chrono::microseconds(std::min(until_us - clock_.SteadyMicros(), kLongestWaitUs)));
  timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error) self->Look();
  });
}

void Line::Look() {
  armed_us_.reset();
  const int64_t now_us = clock_.SteadyMicros();
  std::deque<Waiting> rest;
  int64_t next_us = INT64_MAX;
  for (Waiting& waiting : std::exchange(waiting_, {})) {
    if (waiting.until_us <= now_us) {
      Answer(std::move(waiting), Fail(ErrorKind::kTimeout, "the deadline has passed"));
    } else {
      next_us = std::min(next_us, waiting.until_us);
      rest.push_back(std::move(waiting));
    }
  }
  waiting_ = std::move(rest);
  if (!waiting_.empty()) Guard(next_us);
}

}  // namespace ashlar::store::postgres
