// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <thread>

#include "http/server.h"
#include "identity/hash_pool.h"
#include "redis/watch.h"
#include "store/store.h"
#include "surface/admin/admin.h"
#include "surface/front/admission.h"
#include "surface/limits/limiter.h"
#include "telemetry/log.h"
#include "telemetry/metrics/request_metrics.h"

namespace ashlar::app {

// What is watched; all of it must outlive the listener.
struct Watched {
  telemetry::RequestMetrics& metrics;
  telemetry::LogWriter& log;
  const http::Server& server;
  store::Store& store;
  const surface::Shed& shed;
  const surface::Limiter* limiter;  // null: the contract limits nobody
  const identity::HashPool* passwords;  // null: nobody signs in
  const redis::Watch* redis;  // null: limits are not shared
  const Clock& clock;
};

// The text that /metrics answers.
std::string ScrapeMetrics(const Watched& watched, int64_t since_micros);

// Serves /metrics and /health on an address and a thread of its own, with few connections that nobody else takes: it
// answers when the service has no connection, no reader and no loop to spare. It ends with this, not by a signal, so
// that it answers while the service drains.
class AdminListener {
 public:
  static constexpr size_t kConnections = 32;

  // kConflict: the address is taken; kInvalid: it is none.
  static Result<std::unique_ptr<AdminListener>> Open(const std::string& listen, const Watched& watched);
  ~AdminListener();

  const std::string& address() const { return server_->address(); }

 private:
  explicit AdminListener(const Watched& watched);

  const Watched watched_;
  const int64_t since_micros_;
  surface::AdminOptions options_;
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

}  // namespace ashlar::app
