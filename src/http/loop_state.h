// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/idle_place.h"
#include "http/server.h"
#include "http/tls.h"

namespace ashlar::http {

// What one connection may have done before others have their turn.
inline constexpr size_t kRequestsATurn = 32;

// The message of the exception in flight. REQUIRES: within a catch.
std::string WhatWasThrown();

// What a loop's connections share, and its handler asked so that nothing it throws gets out. Touched on that loop
// alone.
struct LoopState {
  LoopState(const ServerOptions& given, Observer& seen) : options(given), observer(seen) {}

  const ServerOptions& options;
  Observer& observer;
  std::unique_ptr<Handler> handler;
  std::shared_ptr<const TlsContext> tls;  // of new connections; null where they are plain
  std::atomic<bool> draining = false;  // set by whoever stops the server: no answer after that keeps its connection
  LagMeter lag;
  IdlePlace::Queue idle;
  int64_t now = 0;   // steady seconds, as of the last sweep
  std::string date;  // of now
  bool crowded = false;  // some connections were ready at once in the last turn
  std::array<char, 64 << 10> dropped;  // where bytes are read that nobody wants, of any connection

  Eventually<Response> Handle(const Request& request);
  std::optional<Response> Admit(const Request& head);
  Response Refuse(const Request& request, int status, std::string_view reason);
  // The answer instead of one that a defect prevented; without a body where the handler fails in this too.
  Response Failed(const Request& request, std::string_view what);
};

}  // namespace ashlar::http
