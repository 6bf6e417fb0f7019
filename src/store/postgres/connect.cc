// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/connect.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace ashlar::store::postgres {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr size_t kMostAddresses = 8;  // of one name
constexpr size_t kSetUpColumns = 3;

// What is waited for while a connection is made, so that the clock can end it.
struct Waiting {
  explicit Waiting(asio::io_context& loop) : socket(loop), resolver(loop), timer(loop) {}
  asio::posix::stream_descriptor socket;
  tcp::resolver resolver;
  asio::steady_timer timer;
  bool late = false;
};
using WaitingPtr = std::shared_ptr<Waiting>;

void Limit(const WaitingPtr& waiting, int64_t limit_us) {
  waiting->late = false;
  waiting->timer.expires_after(std::chrono::microseconds(limit_us));
  waiting->timer.async_wait([waiting](error_code error) {
    if (error) return;
    waiting->late = true;
    error_code ignored;
    waiting->socket.close(ignored);
    waiting->resolver.cancel();
  });
}

// One attempt: a place, under one of its addresses.
struct Attempt {
  const Server& server;
  const Server::Place& place;
  std::string address;  // empty: the place is a socket
};

std::unexpected<Error> Unreachable(const Attempt& attempt, std::string_view why) {
  return Fail(ErrorKind::kUnavailable, fmt::format("{}:{}: {}", attempt.place.host, attempt.place.port, why));
}

Task<Result<std::vector<std::string>>> AddressesOf(const Server::Place& place, WaitingPtr waiting) {
  using Addresses = std::vector<std::string>;
  if (place.socket()) co_return Addresses{""};
  if (!place.address.empty()) co_return Addresses{place.address};
  error_code error;
  asio::ip::make_address(place.host, error);
  if (!error) co_return Addresses{place.host};
  auto found = co_await waiting->resolver.async_resolve(place.host, place.port,
                                                        asio::redirect_error(asio::use_awaitable, error));
  if (waiting->late) co_return Fail(ErrorKind::kUnavailable, place.host + ": its name is not looked up in time");
  if (error) co_return Fail(ErrorKind::kUnavailable, place.host + ": " + error.message());
  Addresses addresses;
  for (const auto& one : found) {
    if (addresses.size() < kMostAddresses) addresses.push_back(one.endpoint().address().to_string());
  }
  co_return addresses;
}

// Waits until the connection's socket can be read or written. libpq may close it at any step and go on with another one
// under the same number, of which Asio would know nothing: each wait is for a descriptor of its own.
Task<bool> AwaitSocket(PGconn* connection, PostgresPollingStatusType for_what, WaitingPtr waiting) {
  const int own = fcntl(PQsocket(connection), F_DUPFD_CLOEXEC, 0);
  if (own < 0) co_return false;
  error_code error;
  waiting->socket.assign(own, error);
  using Socket = asio::posix::stream_descriptor;
  const auto kind = for_what == PGRES_POLLING_READING ? Socket::wait_read : Socket::wait_write;
  co_await waiting->socket.async_wait(kind, asio::redirect_error(asio::use_awaitable, error));
  error_code ignored;
  waiting->socket.close(ignored);
  co_return !error;
}

Task<Result<ConnectionPtr>> Dial(Attempt attempt, WaitingPtr waiting) {
  const Keywords keywords(attempt.server, attempt.place, attempt.address);
  ConnectionPtr connection(PQconnectStartParams(keywords.names(), keywords.values(), 0));
  if (connection == nullptr) co_return Unreachable(attempt, "there is no memory for a connection");
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  if (PQstatus(connection.get()) == CONNECTION_BAD) next = PGRES_POLLING_FAILED;
  while (next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING) {
    const bool ready = co_await AwaitSocket(connection.get(), next, waiting);
    if (waiting->late) co_return Unreachable(attempt, "it does not answer in time");
    if (!ready) co_return Unreachable(attempt, "its socket cannot be waited for");
    next = PQconnectPoll(connection.get());
  }
  if (next != PGRES_POLLING_OK) co_return Unreachable(attempt, WordsOf(*connection));
  co_return connection;
}

Task<Result<void>> SetUp(std::shared_ptr<Link> link, Settings settings, int64_t until_us) {
  const std::string sql = SetUpSql(settings), more = SetUpMoreSql(settings);
  std::vector<Ask> first{{.sql = sql, .columns = kSetUpColumns}};
  auto replies = co_await link->Run(std::move(first), Effect::kReads, until_us);
  if (!replies) co_return std::unexpected(replies.error());
  if (const Trouble* trouble = TroubleIn(*replies)) {
    co_return Fail(ErrorKind::kUnavailable, fmt::format("it answers {}: {}", trouble->state, trouble->message));
  }
  const auto& rows = std::get<types::Rows>(replies->front());
  if (rows.size() == 1 && !rows.at(0, 1).is_null()) {
    link->set_backend({.pid = rows.at(0, 0).integer, .since_us = rows.at(0, 1).integer});
  }
  std::vector<Ask> second{{.sql = more}};
  replies = co_await link->Run(std::move(second), Effect::kReads, until_us);
  if (!replies) co_return std::unexpected(replies.error());
  co_return Result<void>{};
}

struct Loop {
  asio::io_context& loop;
  const Clock& clock;
};

Task<Result<std::shared_ptr<Link>>> ConnectTo(Loop on, Attempt attempt, Settings settings, Link::Means means,
                                              WaitingPtr waiting) {
  Limit(waiting, attempt.server.connect_us);
  const int64_t until_us = on.clock.SteadyMicros() + attempt.server.connect_us;
  auto connection = co_await Dial(attempt, waiting);
  waiting->timer.cancel();
  if (!connection) co_return std::unexpected(connection.error());
  if (std::string fault = FaultOf(**connection); !fault.empty()) {
    co_return Fail(ErrorKind::kInvalid, fmt::format("{}:{}: {}", attempt.place.host, attempt.place.port, fault));
  }
  auto link = std::make_shared<Link>(on.loop, on.clock, std::move(*connection), std::move(means));
  auto begun = link->Begin();
  if (!begun) co_return std::unexpected(begun.error());
  auto set = co_await SetUp(link, std::move(settings), until_us);
  if (set) co_return link;
  link->Close(set.error().message);
  co_return Unreachable(attempt, set.error().message);
}

}  // namespace

std::string SetUpSql(const Settings& settings) {
  const std::pair<std::string_view, std::string> kept[] = {
      {"client_encoding", "UTF8"},
      {"TimeZone", "UTC"},
      {"DateStyle", "ISO, MDY"},
      {"bytea_output", "hex"},
      {"standard_conforming_strings", "on"},
      {"statement_timeout", std::to_string(settings.statement_timeout_ms)},
      {"idle_in_transaction_session_timeout", std::to_string(settings.idle_in_transaction_ms)},
      {"application_name", "ashlar"},
  };
  std::string sql = "SELECT a.pid::bigint, a.backend_start, ''";
  for (const auto& [name, value] : kept) sql += fmt::format(" || set_config('{}', '{}', false)", name, value);
  return sql + " FROM pg_stat_get_activity(pg_backend_pid()) AS a";
}

std::string SetUpMoreSql(const Settings& settings) {
  return fmt::format("SET client_connection_check_interval = {}", settings.client_check_ms);
}

std::string VersionFault(int version) {
  if (version >= kLeastServerVersion) return "";
  return fmt::format("it is PostgreSQL {}.{}; Ashlar needs {} or later", version / 10'000, version % 10'000,
                     kLeastServerVersion / 10'000);
}

std::string FaultOf(const pg_conn& connection) {
  std::string fault = VersionFault(PQserverVersion(&connection));
  const char* encoding = PQparameterStatus(&connection, "server_encoding");
  if (fault.empty() && encoding != nullptr && std::string_view(encoding) != "UTF8") {
    fault = fmt::format("its database is kept in {}; Ashlar needs one in UTF8", encoding);
  }
  return fault;
}

Task<Result<std::shared_ptr<Link>>> Connect(asio::io_context& loop, const Server& server, Settings settings,
                                            const Clock& clock, Link::Means means) {
  auto waiting = std::make_shared<Waiting>(loop);
  Result<std::shared_ptr<Link>> link = Fail(ErrorKind::kUnavailable, "no server is named");
  for (const Server::Place& place : server.places) {
    Limit(waiting, server.connect_us);
    auto addresses = co_await AddressesOf(place, waiting);
    waiting->timer.cancel();
    if (!addresses) link = std::unexpected(addresses.error());
    if (!addresses) continue;
    for (std::string& address : *addresses) {
      link = co_await ConnectTo({loop, clock}, {server, place, std::move(address)}, settings, means, waiting);
      if (link) co_return link;
    }
  }
  co_return link;
}

}  // namespace ashlar::store::postgres
