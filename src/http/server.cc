// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <charconv>
#include <csignal>
#include <thread>

#include "http/loop.h"

namespace ashlar::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

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

// Listens once without sharing: another server's address must not be joined by mistake.
boost::system::error_code TryAlone(const tcp::endpoint& endpoint) {
  asio::io_context context;
  tcp::acceptor alone(context);
  boost::system::error_code error;
  alone.open(endpoint.protocol(), error);
  if (!error) alone.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) alone.bind(endpoint, error);
  if (!error) alone.listen(1, error);
  return error;
}

// Null where no certificate is named.
Result<std::shared_ptr<const TlsContext>> LoadTls(const std::string& cert, const std::string& key) {
  if (cert.empty() && key.empty()) return nullptr;
  if (cert.empty() || key.empty()) {
    return Fail(ErrorKind::kInvalid, "a certificate and its key are given together or not at all");
  }
  return TlsContext::Load(cert, key);
}

}  // namespace

struct Server::Loops {
  Loops(const ServerOptions& given, Observer& seen) : options(given), observer(seen), crowd(given.connections) {
    size_t workers = static_cast<size_t>(std::max(1, options.workers));
    for (size_t i = 0; i < workers; ++i) {
      all.push_back(std::make_unique<Loop>(options, crowd, observer));
    }
  }
  void EndAll() {
    for (const auto& loop : all) loop->End();
  }
  void TakeTls(const std::shared_ptr<const TlsContext>& tls) {
    for (const auto& loop : all) loop->Take(tls);
  }
  void ReloadTls() {
    auto tls = LoadTls(options.tls_cert, options.tls_key);
    if (!tls) return observer.Observe(Note{Severity::kError, "server.tls_kept", tls.error().message});
    TakeTls(*tls);
    observer.Observe(Note{Severity::kInfo, "server.tls_reloaded", options.tls_cert});
  }

  ServerOptions options;
  Observer& observer;
  Crowd crowd;
  std::string address;
  std::vector<std::unique_ptr<Loop>> all;
};

Result<std::unique_ptr<Server>> Server::Open(const ServerOptions& options, HandlerFactory make, Observer& observer) {
  TRY(endpoint, ParseEndpoint(options.listen));
  TRY(tls, LoadTls(options.tls_cert, options.tls_key));
  auto loops = std::make_unique<Loops>(options, observer);
  boost::system::error_code error = TryAlone(endpoint);
  for (const auto& loop : loops->all) {
    if (!error) error = loop->Listen(endpoint);
  }
  if (error) return Fail(ErrorKind::kConflict, fmt::format("cannot listen on {}: {}", options.listen, error.message()));
  for (const auto& loop : loops->all) loop->SetHandler(make(loop->context()));
  loops->TakeTls(tls);
  loops->address = ToText(endpoint);
  return std::unique_ptr<Server>(new Server(std::move(loops)));
}

Server::Server(std::unique_ptr<Loops> loops) : loops_(std::move(loops)) {}
Server::~Server() = default;

const std::string& Server::address() const { return loops_->address; }

ConnectionCounts Server::connections() const {
  ConnectionCounts counts;
  counts.most = static_cast<int64_t>(loops_->crowd.most);
  for (const auto& loop : loops_->all) loop->AddTo(counts);
  return counts;
}

int64_t Server::lag_us() const {
  int64_t most = 0;
  for (const auto& loop : loops_->all) most = std::max(most, loop->lag_us());
  return most;
}

void Server::Run(const std::function<void()>& caught) {
  asio::io_context control(1);
  asio::signal_set signals(control);
  if (loops_->options.handles_signals) {
    signals.add(SIGTERM);
    signals.add(SIGINT);
    if (!loops_->options.tls_cert.empty()) signals.add(SIGHUP);
  }
  if (caught) caught();
  size_t running = loops_->all.size();
  std::vector<std::jthread> threads;
  try {
    for (const auto& loop : loops_->all) {
      threads.emplace_back([&control, &running, loop = loop.get()] {
        loop->Run();
        asio::post(control, [&control, &running] {
          if (--running == 0) control.stop();
        });
      });
    }
  } catch (...) {
    loops_->EndAll();
    throw;
  }
  bool again = false;
  std::function<void()> wait = [&] {
    signals.async_wait([&](const boost::system::error_code& error, int signal) {
      if (error) return;
      if (signal == SIGHUP) {
        loops_->ReloadTls();
      } else {
        again ? loops_->EndAll() : Stop();
        again = true;
      }
      wait();
    });
  };
  wait();
  control.run();
  if (!loops_->options.handles_signals || loops_->options.tls_cert.empty()) return;
  // Others have something to close yet: a certificate that is renewed meanwhile is not to end the process.
  signals.clear();
  std::signal(SIGHUP, SIG_IGN);
}

void Server::Stop() {
  for (const auto& loop : loops_->all) loop->Drain();
}

Result<void> CheckTls(const std::string& cert, const std::string& key) {
  TRY(tls, LoadTls(cert, key));
  (void)tls;
  return {};
}

Result<void> CheckListen(const std::string& listen) {
  TRY(endpoint, ParseEndpoint(listen));
  (void)endpoint;
  return {};
}

}  // namespace ashlar::http
