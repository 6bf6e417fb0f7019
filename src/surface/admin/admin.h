// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

#include "base/observe.h"
#include "base/result.h"
#include "http/handler.h"

namespace ashlar::surface {

// What the admin listener tells.
struct AdminOptions {
  std::function<std::string()> metrics;
  std::string metrics_type;             // its media type
  std::function<Result<void>()> ready;  // both are called on the listener's own thread
};

// The door of those who watch the service: /metrics, /health/live and /health/ready, and nothing else. It asks for no
// credential and waits for nobody. `options` must outlive it.
class Admin final : public http::Handler {
 public:
  Admin(const AdminOptions& options, Observer& observer) : options_(options), observer_(observer) {}

  Eventually<http::Response> Handle(const http::Request& request) override;
  http::Response Refuse(const http::Request& request, int status, std::string_view reason) override;
  http::Response Failed(const http::Request& request, std::string_view what) override;

 private:
  const AdminOptions& options_;
  Observer& observer_;
};

}  // namespace ashlar::surface
