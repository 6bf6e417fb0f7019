// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "store/postgres/link.h"

namespace ashlar::store::postgres {

// Those who wait for a link: first come, first served, nobody beyond its deadline. Touched on its loop alone.
class Line : public std::enable_shared_from_this<Line> {
 public:
  using Found = Result<std::shared_ptr<Link>>;

  // The loop and the clock must outlive it.
  Line(boost::asio::io_context& loop, const Clock& clock, size_t most);

  // kTimeout once the deadline has passed, kUnavailable where too many wait already.
  Task<Found> Wait(int64_t until_us);
  // Gives the link to the first who waits. False if nobody does.
  bool Serve(const std::shared_ptr<Link>& link);
  // Tells all who wait.
  void Refuse(const Error& error);
  size_t size() const { return waiting_.size(); }

 private:
  struct Waiting {
    int64_t until_us;
    std::move_only_function<void(Found)> done;
  };
  void Answer(Waiting waiting, Found found);
  void Guard(int64_t until_us);
  void Look();

  boost::asio::io_context& loop_;
  const Clock& clock_;
  const size_t most_;
  boost::asio::steady_timer timer_;  // until armed_us_
  std::optional<int64_t> armed_us_;
  std::deque<Waiting> waiting_;
};

}  // namespace ashlar::store::postgres
