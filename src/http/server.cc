// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>
#include <csignal>
#include <list>
#include <sys/socket.h>
#include <thread>

#include "http/connection.h"

namespace ashlar::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, asio::io_context::executor_type>;
using Executor = asio::io_context::executor_type;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr int kReadyAtOnce = 64;  // handlers that run before a turn of the loop ends

Result<tcp::endpoint> ParseEndpoint(std::string_view listen) {
  size_t colon = listen.rfind(':');
  unsigned port = 0;
  bool proper = colon != std::string_view::npos && colon > 0;
  if (proper) {
    std::string_view digits = listen.substr(colon + 1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    proper = error == std::errc() && end == digits.data() + digits.size() && port <= 65535;
  }
  if (!proper) return Fail(ErrorKind::kInvalid, fmt::format("'{}' is not HOST:PORT", listen));
  std::string host(listen.substr(0, colon));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code error;
  asio::ip::address address = asio::ip::make_address(host, error);
  if (error) return Fail(ErrorKind::kInvalid, fmt::format("'{}' is not an IP address", host));
  return tcp::endpoint(address, static_cast<unsigned short>(port));
}

std::string ToText(const tcp::endpoint& endpoint) {
  bool v6 = endpoint.address().is_v6();
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", endpoint.address().to_string(), v6 ? "]" : "", endpoint.port());
}

int64_t SteadySeconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// One thread's share of the server. Everything in it is touched by its own thread alone, once Run has begun.
class Loop {
 public:
  Loop(const ServerOptions& options, size_t share, Observer& observer)
      : options_(options), share_(share), observer_(observer), acceptor_(context_), sweeper_(context_) {}

  asio::io_context& context() { return context_; }
  void SetHandler(std::unique_ptr<Handler> handler) { handler_ = std::move(handler); }

  boost::system::error_code Listen(tcp::endpoint& endpoint, bool share_port) {
    boost::system::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && share_port) acceptor_.set_option(ReusePort(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) endpoint = acceptor_.local_endpoint(error);
    return error;
  }

  void Run() {
    now_ = SteadySeconds();
    asio::co_spawn(context_, Accept(), asio::detached);
    asio::co_spawn(context_, Sweep(), asio::detached);
    while (context_.run_one() > 0) {
      for (int i = 0; i < kReadyAtOnce && context_.poll_one() > 0; ++i) {
      }
      handler_->TurnEnds();
    }
    handler_->TurnEnds();
  }

  // From any thread.
  void Drain() {
    asio::post(context_, [this] {
      if (draining_) return;
      draining_ = true;
      drain_until_ = SteadySeconds() + options_.drain_seconds;
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      for (const auto& connection : connections_) connection->Drain();
      EndIfDrained();
    });
  }
  void End() { context_.stop(); }

 private:
  Task<void> Accept() {
    while (acceptor_.is_open()) {
      boost::system::error_code error;
      Socket socket(context_);
      co_await acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
      if (draining_) co_return;
      if (error) {
        // Out of descriptors, mostly: waits instead of spinning.
        observer_.Observe(Note{Severity::kWarning, "http.accept", error.message()});
        asio::steady_timer pause(context_, std::chrono::milliseconds(50));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      if (connections_.size() >= share_) {
        socket.close(error);
        continue;
      }
      socket.set_option(tcp::no_delay(true), error);
      connections_.push_back(
          std::make_unique<Connection>(std::move(socket), *handler_, options_, draining_, now_));
      asio::co_spawn(context_, Serve(std::prev(connections_.end())), asio::detached);
    }
  }

  Task<void> Serve(std::list<std::unique_ptr<Connection>>::iterator connection) {
    std::string what;
    try {
      co_await (*connection)->Serve();
    } catch (const std::exception& error) {
      what = error.what();
    }
    if (!what.empty()) observer_.Observe(Defect{"", "http.connection", what});
    connections_.erase(connection);
    EndIfDrained();
  }

  void EndIfDrained() {
    if (draining_ && connections_.empty()) context_.stop();
  }

  Task<void> Sweep() {
    while (true) {
      boost::system::error_code error;
      sweeper_.expires_after(std::chrono::seconds(1));
      co_await sweeper_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      now_ = SteadySeconds();
      for (const auto& connection : connections_) {
        if (draining_ && now_ >= drain_until_) {
          connection->Close();
        } else {
          connection->Sweep(now_);
        }
      }
      if (draining_ && now_ >= drain_until_ + 1) context_.stop();
    }
  }

  const ServerOptions& options_;
  size_t share_;
  Observer& observer_;
  std::unique_ptr<Handler> handler_;
  asio::io_context context_{1};
  Acceptor acceptor_;
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>
      sweeper_;
  std::list<std::unique_ptr<Connection>> connections_;
  bool draining_ = false;
  int64_t drain_until_ = 0;
  int64_t now_ = 0;
};

}  // namespace

struct Server::Loops {
  Loops(const ServerOptions& given, Observer& observer) : options(given) {
    size_t workers = static_cast<size_t>(std::max(1, options.workers));
    for (size_t i = 0; i < workers; ++i) {
      all.push_back(std::make_unique<Loop>(options, (options.connections + workers - 1) / workers, observer));
    }
  }
  ServerOptions options;
  std::string address;
  std::vector<std::unique_ptr<Loop>> all;
};

Result<std::unique_ptr<Server>> Server::Open(const ServerOptions& options, HandlerFactory make, Observer& observer) {
  TRY(endpoint, ParseEndpoint(options.listen));
  auto loops = std::make_unique<Loops>(options, observer);
  {
    // Without SO_REUSEPORT first: another server's address must not be shared by mistake.
    asio::io_context probe_context;
    tcp::acceptor probe(probe_context);
    boost::system::error_code error;
    probe.open(endpoint.protocol(), error);
    if (!error) probe.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) probe.bind(endpoint, error);
    if (!error) probe.listen(1, error);
    if (error) return Fail(ErrorKind::kConflict, fmt::format("cannot listen on {}: {}", options.listen, error.message()));
  }
  for (const auto& loop : loops->all) {
    boost::system::error_code error = loop->Listen(endpoint, true);
    if (error) return Fail(ErrorKind::kConflict, fmt::format("cannot listen on {}: {}", options.listen, error.message()));
    loop->SetHandler(make(loop->context()));
  }
  loops->address = ToText(endpoint);
  return std::unique_ptr<Server>(new Server(std::move(loops)));
}

Server::Server(std::unique_ptr<Loops> loops) : loops_(std::move(loops)) {}
Server::~Server() = default;

const std::string& Server::address() const { return loops_->address; }

void Server::Run() {
  asio::io_context& first = loops_->all.front()->context();
  asio::signal_set signals(first, SIGTERM, SIGINT);
  bool once = false;
  std::function<void()> wait = [&] {
    signals.async_wait([&](const boost::system::error_code& error, int) {
      if (error) return;
      if (once) {
        for (const auto& loop : loops_->all) loop->End();
        return;
      }
      once = true;
      Stop();
      wait();
    });
  };
  wait();
  std::vector<std::thread> threads;
  for (size_t i = 1; i < loops_->all.size(); ++i) {
    threads.emplace_back([loop = loops_->all[i].get()] { loop->Run(); });
  }
  loops_->all.front()->Run();
  for (std::thread& thread : threads) thread.join();
}

void Server::Stop() {
  for (const auto& loop : loops_->all) loop->Drain();
}

}  // namespace ashlar::http
