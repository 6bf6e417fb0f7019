// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/postgres_world_test.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace ashlar::store::postgres {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::optional<Server> Named(const char* variable) {
  const char* url = std::getenv(variable);
  if (url == nullptr) return std::nullopt;
  auto server = ParseUrl(url);
  if (!server) throw std::runtime_error(server.error().message);
  server->connect_us = 20'000'000;  // the machine may be busy with other tests
  return std::move(*server);
}

}  // namespace

std::optional<Server> TestServer() { return Named("TEST_POSTGRES_URL"); }
std::optional<Server> TestBouncer() { return Named("TEST_PGBOUNCER_URL"); }

Server BySocket(const Server& server) {
  auto connection = Blocking::Open(server, {});
  if (!connection) throw std::runtime_error(connection.error().message);
  auto folder = (*connection)->QueryText("SHOW unix_socket_directories");
  Server by_socket = server;
  by_socket.places[0].host = folder->value();
  return by_socket;
}

Server AtPort(Server server, uint16_t port) {
  server.places[0].port = std::to_string(port);
  return server;
}

void Noted::Observe(const Observation& observation) {
  std::lock_guard lock(mutex);
  events.push_back(std::get<Note>(observation).event);
}

size_t Noted::Count(std::string_view event) {
  std::lock_guard lock(mutex);
  return static_cast<size_t>(std::ranges::count(events, event));
}

bool Turning::Until(const std::function<bool()>& reached) {
  const auto end = std::chrono::steady_clock::now() + kLongest;
  while (!reached()) {
    if (std::chrono::steady_clock::now() > end) return false;
    loop_.restart();
    loop_.run_one_for(std::chrono::milliseconds(5));
  }
  return true;
}

void Turning::For(std::chrono::milliseconds time) {
  loop_.restart();
  loop_.run_for(time);
}

std::shared_ptr<Link> Linked(Turning& turning, const Server& server, Link::Means means) {
  auto link = turning.Do(Connect(turning.loop(), server, Settings{}, SystemClock(), std::move(means)));
  if (!link) throw std::runtime_error(link.error().message);
  return std::move(*link);
}

Result<Replies> RunAll(Turning& turning, Link& link, std::vector<Ask> asks, Effect effect, int64_t wait_us) {
  return turning.Do(link.Run(std::move(asks), effect, SystemClock().SteadyMicros() + wait_us));
}

int64_t NumberOf(Turning& turning, Link& link, std::string_view sql) {
  auto replies = RunAll(turning, link, {{.sql = sql, .columns = 1}});
  if (!replies) throw std::runtime_error(replies.error().message);
  if (const Trouble* trouble = TroubleIn(*replies)) throw std::runtime_error(trouble->message);
  return std::get<types::Rows>(replies->front()).at(0, 0).integer;
}

size_t OpenFiles() {
  std::filesystem::directory_iterator files("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

struct Proxy::Pair {
  explicit Pair(asio::io_context& loop) : client(loop), server(loop) {}
  void Close(bool reset) {
    error_code ignored;
    for (tcp::socket* socket : {&client, &server}) {
      if (reset && socket->is_open()) socket->set_option(asio::socket_base::linger(true, 0), ignored);
      socket->close(ignored);
    }
  }
  tcp::socket client, server;
};

struct Proxy::Inner {
  asio::io_context loop;
  tcp::acceptor acceptor{loop, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::vector<std::weak_ptr<Pair>> pairs;
  std::thread thread;
};

Proxy::Proxy(uint16_t to_port) : to_port_(to_port), inner_(std::make_unique<Inner>()) {
  port_ = inner_->acceptor.local_endpoint().port();
  asio::co_spawn(inner_->loop, Accept(), asio::detached);
  inner_->thread = std::thread([this] { inner_->loop.run(); });
}

Proxy::~Proxy() {
  inner_->loop.stop();
  inner_->thread.join();
}

Task<void> Proxy::Accept() {
  error_code error;
  auto wait = asio::redirect_error(asio::use_awaitable, error);
  while (true) {
    auto pair = std::make_shared<Pair>(inner_->loop);
    co_await inner_->acceptor.async_accept(pair->client, wait);
    if (error) co_return;
    ++taken_;
    if (refused_) {
      pair->Close(true);
      continue;
    }
    co_await pair->server.async_connect(tcp::endpoint(asio::ip::address_v4::loopback(), to_port_), wait);
    if (error) continue;
    inner_->pairs.push_back(pair);
    asio::co_spawn(inner_->loop, Pump(pair, true), asio::detached);
    asio::co_spawn(inner_->loop, Pump(pair, false), asio::detached);
  }
}

Task<void> Proxy::Pump(std::shared_ptr<Pair> pair, bool forth) {
  tcp::socket& from = forth ? pair->client : pair->server;
  tcp::socket& to = forth ? pair->server : pair->client;
  std::array<char, 16 << 10> room;
  error_code error;
  auto wait = asio::redirect_error(asio::use_awaitable, error);
  asio::steady_timer timer(inner_->loop);
  while (!error) {
    const size_t size = co_await from.async_read_some(asio::buffer(room), wait);
    while (stalled_ && !error) {
      timer.expires_after(std::chrono::milliseconds(5));
      co_await timer.async_wait(wait);
    }
    if (!error) co_await asio::async_write(to, asio::buffer(room, size), wait);
  }
  pair->Close(false);
}

void Proxy::EndAll(bool reset) {
  asio::post(inner_->loop, [this, reset] {
    for (const auto& weak : std::exchange(inner_->pairs, {})) {
      if (auto pair = weak.lock()) pair->Close(reset);
    }
  });
}

}  // namespace ashlar::store::postgres
