// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/context.h"
#include "base/observe.h"
#include "store/postgres/blocking.h"
#include "store/postgres/connect.h"
#include "store/postgres/link.h"
#include "store/postgres/server.h"

namespace ashlar::store::postgres {

// The server that script/test gives to the test programs, by TCP and with a password; and the same through PgBouncer.
// Nothing where there is none.
std::optional<Server> TestServer();
std::optional<Server> TestBouncer();
// The same by its socket.
Server BySocket(const Server& server);
// The same at another port of this machine.
Server AtPort(Server server, uint16_t port);

// Says what was observed.
struct Noted final : Observer {
  void Observe(const Observation& observation) override;
  size_t Count(std::string_view event);
  std::mutex mutex;
  std::vector<std::string> events;
};

// A loop that a test turns by hand.
class Turning {
 public:
  static constexpr std::chrono::seconds kLongest{20};

  boost::asio::io_context& loop() { return loop_; }

  // False where it did not come to that in time.
  bool Until(const std::function<bool()>& reached);
  // Goes on for as long.
  void For(std::chrono::milliseconds time);
  // Begins a task; what came of it stands there once it has ended.
  template <class T>
  std::shared_ptr<std::optional<T>> Begin(Task<T> task) {
    auto out = std::make_shared<std::optional<T>>();
    boost::asio::co_spawn(loop_, Keep(std::move(task), out), boost::asio::detached);
    return out;
  }
  template <class T>
  T Do(Task<T> task) {
    auto out = Begin(std::move(task));
    if (!Until([&out] { return out->has_value(); })) throw std::runtime_error("a task does not end");
    return std::move(**out);
  }

 private:
  template <class T>
  static Task<void> Keep(Task<T> task, std::shared_ptr<std::optional<T>> out) {
    auto value = co_await std::move(task);
    out->emplace(std::move(value));
  }
  boost::asio::io_context loop_;
};

// A link to the server, or why there is none.
std::shared_ptr<Link> Linked(Turning& turning, const Server& server, Link::Means means = {});

// One batch, run to its end.
Result<Replies> RunAll(Turning& turning, Link& link, std::vector<Ask> asks, Effect effect = Effect::kCommits,
                       int64_t wait_us = 10'000'000);
// The one number that a statement gives.
int64_t NumberOf(Turning& turning, Link& link, std::string_view sql);

// Open files of this process.
size_t OpenFiles();

// Between a test and a server: passes on what comes, for as long as it is let, on a thread of its own.
class Proxy {
 public:
  explicit Proxy(uint16_t to_port);
  ~Proxy();
  uint16_t port() const { return port_; }
  // Takes connections and passes nothing on.
  void Stall(bool stalled) { stalled_ = stalled; }
  // Ends all connections, as one does, or by a reset.
  void EndAll(bool reset);
  // Ends those that come as well.
  void Refuse(bool refused) { refused_ = refused; }
  size_t taken() const { return taken_; }

 private:
  struct Pair;
  Task<void> Accept();
  Task<void> Pump(std::shared_ptr<Pair> pair, bool forth);

  struct Inner;
  const uint16_t to_port_;
  uint16_t port_ = 0;
  std::atomic<bool> stalled_ = false;
  std::atomic<bool> refused_ = false;
  std::atomic<size_t> taken_ = 0;
  std::unique_ptr<Inner> inner_;
};

}  // namespace ashlar::store::postgres
