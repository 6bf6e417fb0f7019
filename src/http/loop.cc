// SPDX-License-Identifier: Apache-2.0
#include "http/loop.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/answer.h"

namespace ashlar::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr int kReadyAtOnce = 128;  // handlers that run before a turn of the loop ends
constexpr int kCrowd = 4;          // of them, from which on answers are sent together
constexpr int kAcceptedAtOnce = 64;
constexpr int64_t kMicros = 1'000'000;
constexpr asio::use_awaitable_t<LoopExecutor> kOnLoop;

}  // namespace

Loop::Loop(const ServerOptions& options, Crowd& crowd, Observer& observer)
    : state_(options, observer),
      crowd_(crowd),
      acceptor_(context_),
      sweeper_(context_),
      pause_(context_),
      probe_(context_) {
  int event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (event >= 0) probe_.assign(event);  // without one no lag is seen
}

boost::system::error_code Loop::Listen(tcp::endpoint& endpoint) {
  boost::system::error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.set_option(ReusePort(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) endpoint = acceptor_.local_endpoint(error);
  return error;
}

// Runs what must not end the loop.
void Loop::Guarded(std::string_view where, auto act) {
  try {
    act();
  } catch (...) {
    state_.observer.Observe(Defect{"", std::string(where), WhatWasThrown()});
  }
}

void Loop::Run() {
  ReadClock();
  asio::co_spawn(context_, Accept(), asio::detached);
  asio::co_spawn(context_, Sweep(), asio::detached);
  asio::co_spawn(context_, Probe(), asio::detached);
  while (!context_.stopped()) {
    Guarded("http.loop", [this] {
      context_.run_one();
      int ran = 1;
      while (ran < kReadyAtOnce && !probe_is_back_ && context_.poll_one() > 0) {
        if (++ran % kCrowd == 0 && TurnIsLong()) break;
      }
      state_.crowded = ran >= kCrowd;
    });
    Guarded("http.turn", [this] { state_.handler->TurnEnds(); });
    SendProbe();
  }
}

void Loop::Drain() {
  if (state_.draining.exchange(true)) return;
  asio::post(context_, [this] {
    drain_until_ = state_.options.clock->SteadyMicros() / kMicros + state_.options.drain_seconds;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (Connection& connection : connections_) connection.Drain();
    EndIfDrained();
  });
}

void Loop::Take(std::shared_ptr<const TlsContext> tls) {
  asio::post(context_, [this, tls = std::move(tls)] { state_.tls = tls; });
}

void Loop::AddTo(ConnectionCounts& counts) const {
  int64_t ended = ended_.load();
  int64_t accepted = accepted_.load();  // behind the other: never fewer than have ended
  counts.open += accepted - ended;
  counts.accepted += accepted;
  counts.refused += refused_.load();
}

void Loop::EndIfDrained() {
  if (state_.draining && connections_.empty()) context_.stop();
}

void Loop::ReadClock() {
  int64_t now = state_.options.clock->SteadyMicros() / kMicros;
  if (now == state_.now && !state_.date.empty()) return;
  state_.now = now;
  state_.date = FormatDate(state_.options.clock->NowMicros() / kMicros);
}

LoopTask<void> Loop::Accept() {
  int64_t told = -1;
  while (!state_.draining) {
    boost::system::error_code error;
    Socket socket(context_);
    co_await acceptor_.async_accept(socket, asio::redirect_error(kOnLoop, error));
    if (state_.draining) co_return;
    if (error) {
      // Out of descriptors, mostly: waits instead of spinning.
      if (told != state_.now) state_.observer.Observe(Note{Severity::kWarning, "http.accept", error.message()});
      told = state_.now;
      pause_.expires_after(std::chrono::milliseconds(50));
      co_await pause_.async_wait(asio::redirect_error(kOnLoop, error));
    } else {
      Take(std::move(socket));
      AcceptMore();
    }
  }
}

// Takes who stands in line, too: a loop that is behind comes here seldom, and how long they wait is seen by nobody.
void Loop::AcceptMore() {
  boost::system::error_code error;
  acceptor_.non_blocking(true, error);
  for (int i = 0; i < kAcceptedAtOnce && !error; ++i) {
    Socket socket(context_);
    acceptor_.accept(socket, error);
    if (!error) Take(std::move(socket));
  }
}

void Loop::Take(Socket socket) {
  if (crowd_.open.fetch_add(1) >= crowd_.most && !MakeRoom()) {
    crowd_.open.fetch_sub(1);
    Guarded("http.accept", [&] { TurnAway(std::move(socket)); });
  } else {
    Guarded("http.accept", [&] { Welcome(std::move(socket)); });
  }
}

// Ends the connection of this loop that has been idle longest; false where none is. Its coroutine ends a little later:
// as each of these makes room for one, there are never more sockets than connections may be, but for those that end.
bool Loop::MakeRoom() {
  if (state_.idle.empty()) return false;
  state_.idle.front()->Evict();
  return true;
}

void Loop::Welcome(Socket socket) {
  try {
    connections_.emplace_back(std::move(socket), state_);
  } catch (...) {
    crowd_.open.fetch_sub(1);
    throw;
  }
  accepted_.fetch_add(1);
  asio::co_spawn(context_, Serve(std::prev(connections_.end())), asio::detached);
}

// Says why, as far as the socket takes it at once.
void Loop::TurnAway(Socket socket) {
  refused_.fetch_add(1);
  if (state_.tls != nullptr) return;  // a handshake is what it can least afford
  Response answer = state_.handler->Refuse({}, 503, "too many connections");
  if (!WhyNotSent(answer).empty()) return;
  std::string bytes;
  AppendAnswer(answer, {.close = true}, state_.date, bytes);
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(bytes), ignored);
  socket.shutdown(Socket::shutdown_both, ignored);
}

LoopTask<void> Loop::Serve(Connections::iterator connection) {
  std::string what;
  try {
    co_await connection->Serve();
  } catch (...) {
    what = WhatWasThrown();
  }
  if (!what.empty()) state_.observer.Observe(Defect{"", "http.connection", what});
  connections_.erase(connection);
  crowd_.open.fetch_sub(1);
  ended_.fetch_add(1);
  EndIfDrained();
}

LoopTask<void> Loop::Probe() {
  if (!probe_.is_open()) co_return;
  uint64_t count = 0;
  boost::system::error_code error;
  while (!error) {
    co_await probe_.async_read_some(asio::buffer(&count, sizeof count), asio::redirect_error(kOnLoop, error));
    state_.lag.Arrive(state_.options.clock->SteadyMicros());
    probe_is_back_ = true;  // ends the turn: the next one follows at once where the loop is busy
    lag_us_.store(state_.lag.last(), std::memory_order_relaxed);
  }
}

// A crowd that comes to an idle loop finds no probe under way: the turn ends early, and the rest stands behind one.
bool Loop::TurnIsLong() {
  if (state_.lag.under_way() || !probe_.is_open()) return false;
  const int64_t now = state_.options.clock->SteadyMicros();
  if (turn_from_us_ == 0) turn_from_us_ = now;
  turn_us_ = now - turn_from_us_;
  return turn_us_ >= LagMeter::kBusyMicros;
}

void Loop::SendProbe() {
  probe_is_back_ = false;
  turn_from_us_ = 0;
  const int64_t turn = std::exchange(turn_us_, 0);
  int64_t now = state_.options.clock->SteadyMicros();
  if (!probe_.is_open() || !state_.lag.WantsProbe(now, turn)) return;
  if (eventfd_write(probe_.native_handle(), 1) == 0) state_.lag.Depart(now);
}

LoopTask<void> Loop::Sweep() {
  while (true) {
    boost::system::error_code error;
    sweeper_.expires_after(std::chrono::seconds(1));
    co_await sweeper_.async_wait(asio::redirect_error(kOnLoop, error));
    ReadClock();
    if (state_.draining && state_.now >= drain_until_) End();
    for (Connection& connection : connections_) connection.Sweep();
  }
}

}  // namespace ashlar::http
