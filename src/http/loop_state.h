// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/idle_place.h"
#include "http/server.h"
#include "http/tls.h"

namespace ashlar::http {

// The message of the exception in flight. REQUIRES: within a catch.
std::string WhatWasThrown();

// What a loop's connections share, and its handler asked so that nothing it throws gets out. Touched on that loop
// alone.
struct LoopState {
  const ServerOptions& options;
  Observer& observer;
  std::unique_ptr<Handler> handler;
  std::shared_ptr<const TlsContext> tls;  // of new connections; null where they are plain
  bool draining = false;
  IdlePlace::Queue idle;
  int64_t now = 0;   // steady seconds, as of the last sweep
  std::string date;  // of now

  std::optional<Response> Admit(const Request& head);
  Response Refuse(const Request& request, int status, std::string_view reason);
  // The answer instead of one that a defect prevented; without a body where the handler fails in this too.
  Response Failed(const Request& request, std::string_view what);
};

}  // namespace ashlar::http
