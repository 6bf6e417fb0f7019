// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>

#include "base/clock.h"
#include "base/task.h"
#include "store/postgres/connect.h"
#include "store/postgres/link.h"

namespace ashlar::store::postgres {

// Ends what processes of the server do for us, over a connection of its own, which is there only while it is needed. It
// asks by SQL, not by the protocol's CancelRequest: libpq sends that blocking, in the clear, and keeps the key that it
// takes for itself; and a request by number alone might meet another server behind the same name. A process is named by
// its number and its beginning, so no other is ever met. What cannot be ended so meets statement_timeout. One loop's.
class Canceller : public std::enable_shared_from_this<Canceller> {
 public:
  static constexpr size_t kMostWaiting = 256;  // processes; what is more is left to statement_timeout
  static constexpr int64_t kAskUs = 1'000'000;  // for each of them
  static constexpr int64_t kIdleUs = 5'000'000;  // for which the connection is kept

  // The loop and the clock must outlive it.
  Canceller(boost::asio::io_context& loop, std::shared_ptr<const Server> server, const Settings& settings,
            const Clock& clock);

  void Cancel(const Backend& backend);
  void Close();

 private:
  static Task<void> Work(std::shared_ptr<Canceller> canceller);
  Task<bool> Ask(std::shared_ptr<Link> link, Backend backend);

  boost::asio::io_context& loop_;
  const std::shared_ptr<const Server> server_;
  const Settings settings_;
  const Clock& clock_;
  boost::asio::steady_timer timer_;  // until there is something to do
  std::deque<Backend> waiting_;
  bool working_ = false;
  bool closed_ = false;
};

}  // namespace ashlar::store::postgres
