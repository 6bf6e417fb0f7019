// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "base/observe.h"
#include "http/server.h"

namespace ashlar::http {

inline constexpr std::string_view kClose = "GET /end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

struct Quiet final : Observer {
  void Observe(const Observation&) override { ++seen; }
  std::atomic<int> seen = 0;
};

// A clock that tests move; its seconds are the server's.
class Hand final : public Clock {
 public:
  int64_t NowMicros() const override { return SteadyMicros(); }
  int64_t SteadyMicros() const override { return seconds * 1'000'000; }
  std::atomic<int64_t> seconds = 784111777;
};

// A server on a thread of its own, whose handler answers as follows where a test has none of its own. "/busy": takes a
// millisecond of the loop; how many of them saw no probe under way. "/stop": the loop waits for the test. "/": its body
// back. "/slow": the same, later; "/held": once the test lets go. "/throw..." and "/evil": defects.
class ServerWorld {
 protected:
  virtual ~ServerWorld();

  void Begin(ServerOptions options);
  virtual HandlerFactory Make();
  // Until the handler holds a request.
  void AwaitHeld() const;
  int Connect();
  int Connect(int fd);
  static void Send(int fd, std::string_view bytes);
  // Up to `bytes` bytes, or until the server closes.
  static std::string Receive(int fd, size_t bytes = SIZE_MAX);
  // Sends and reads to the end.
  std::string Exchange(std::string_view bytes);
  static size_t CountOf(std::string_view text, std::string_view part);

  Quiet observer_;
  Hand clock_;
  std::atomic<bool> released_ = false;
  std::atomic<int> held_ = 0;
  std::atomic<int> turns_ = 1;
  std::atomic<int> unseen_ = 0;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

}  // namespace ashlar::http
