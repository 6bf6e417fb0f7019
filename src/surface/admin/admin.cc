// SPDX-License-Identifier: Apache-2.0
#include "surface/admin/admin.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "call/storage.h"

namespace ashlar::surface {
namespace {

constexpr std::string_view kPlain = "text/plain; charset=utf-8";

http::Response Text(int status, std::string body, std::string_view type = kPlain) {
  return {status,
          {{"Content-Type", std::string(type)}, {"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}},
          std::move(body)};
}

}  // namespace

Eventually<http::Response> Admin::Handle(const http::Request& request) {
  const std::vector<std::string>& path = request.segments;
  bool metrics = path == std::vector<std::string>{"metrics"};
  bool live = path == std::vector<std::string>{"health", "live"};
  bool ready = path == std::vector<std::string>{"health", "ready"};
  if (!metrics && !live && !ready) return Text(404, "there is nothing at this address\n");
  if (request.method != "GET" && request.method != "HEAD") {
    http::Response refused = Text(405, "only GET is taken here\n");
    refused.Set("Allow", "GET, HEAD");
    return refused;
  }
  if (ready) {
    if (Result<void> able = options_.ready(); !able) {
      bool read_only = call::IsStorageFailed(able.error().message);
      return Text(503, read_only ? "read-only: the disk has failed\n" : "unavailable\n");
    }
  }
  if (metrics) return Text(200, options_.metrics(), options_.metrics_type);
  return Text(200, R"({"status":"ok"})", "application/json");
}

http::Response Admin::Refuse(const http::Request&, int status, std::string_view reason) {
  return Text(status, std::string(reason) + "\n");
}

http::Response Admin::Failed(const http::Request&, std::string_view what) {
  observer_.Observe(Defect{"", "admin", std::string(what)});
  return Text(500, "the log tells more\n");
}

}  // namespace ashlar::surface
