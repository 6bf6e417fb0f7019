// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/cancel.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace ashlar::store::postgres {
namespace {

namespace asio = boost::asio;

constexpr const char* kSql =
    "SELECT pg_cancel_backend(pid) FROM pg_stat_get_activity($1::int4) WHERE backend_start = $2";

}  // namespace

Canceller::Canceller(asio::io_context& loop, std::shared_ptr<const Server> server, const Settings& settings,
                     const Clock& clock)
    : loop_(loop), server_(std::move(server)), settings_(settings), clock_(clock), timer_(loop) {}

void Canceller::Cancel(const Backend& backend) {
  if (closed_ || backend.since_us == 0 || waiting_.size() >= kMostWaiting) return;
  if (std::ranges::find(waiting_, backend) == waiting_.end()) waiting_.push_back(backend);
  timer_.cancel();
  if (std::exchange(working_, true)) return;
  asio::co_spawn(loop_, Work(shared_from_this()), asio::detached);
}

void Canceller::Close() {
  closed_ = true;
  waiting_.clear();
  timer_.cancel();
}

Task<bool> Canceller::Ask(std::shared_ptr<Link> link, Backend backend) {
  const types::Values parameters = {types::Value(backend.pid), types::Value(types::Timestamp{backend.since_us})};
  std::vector<postgres::Ask> asks{{.sql = kSql, .parameters = parameters, .columns = 1}};
  auto replies = co_await link->Run(std::move(asks), Effect::kReads, clock_.SteadyMicros() + kAskUs);
  co_return replies.has_value();
}

Task<void> Canceller::Work(std::shared_ptr<Canceller> canceller) {
  Canceller& own = *canceller;
  auto link = co_await Connect(own.loop_, *own.server_, own.settings_, own.clock_, {});
  bool asked = link.has_value();
  while (asked && !own.closed_) {
    if (own.waiting_.empty()) {
      own.timer_.expires_after(std::chrono::microseconds(kIdleUs));
      boost::system::error_code woken;
      co_await own.timer_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      if (own.waiting_.empty()) break;
    }
    const Backend backend = own.waiting_.front();
    own.waiting_.pop_front();
    asked = co_await own.Ask(*link, backend);
  }
  own.waiting_.clear();  // that could not be asked for
  own.working_ = false;
  if (link) (*link)->Close("it is not needed any longer");
}

}  // namespace ashlar::store::postgres
