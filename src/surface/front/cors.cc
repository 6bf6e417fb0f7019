// SPDX-License-Identifier: Apache-2.0
#include "surface/front/cors.h"

#include <charconv>

namespace ashlar::surface {
namespace {

constexpr std::string_view kRequestHeaders =
    "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Api-Key, X-CSRF-Token, "
    "X-Request-Id, traceparent, tracestate";
constexpr std::string_view kExposed =
    "ETag, Link, Location, X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Deprecation, Sunset, "
    "Idempotency-Replayed";
constexpr std::string_view kMaxAge = "600";  // seconds; so long an origin that was taken from the list may still ask

bool IsAllOf(std::string_view text, std::string_view marks) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || marks.find(c) != std::string_view::npos;
  });
}

bool IsPort(std::string_view digits, std::string_view scheme) {
  unsigned port = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  bool number = error == std::errc() && end == digits.data() + digits.size() && digits[0] != '0' && port <= 65535;
  return number && !(scheme == "http" && port == 80) && !(scheme == "https" && port == 443);
}

// Whether it is an origin as browsers send it: scheme, host and, unless it is the scheme's own, port.
bool IsOrigin(std::string_view text) {
  size_t colon = text.find("://");
  if (colon == std::string_view::npos) return false;
  std::string_view scheme = text.substr(0, colon);
  std::string_view host = text.substr(colon + 3);
  if (!IsAllOf(scheme, "+.-") || scheme == "file") return false;
  size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  size_t port = host.find(':', bracket);
  if (port != std::string_view::npos) {
    if (port + 1 == host.size() || !IsPort(host.substr(port + 1), scheme)) return false;
    host = host.substr(0, port);
  }
  if (bracket == 0) return IsAllOf(host, ".-_");
  return host.size() == bracket + 1 && IsAllOf(host.substr(1, bracket - 1), ":.");
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

void VaryByOrigin(http::Response& response) {
  for (http::Header& header : response.headers) {
    if (header.name != "Vary") continue;
    header.value += ", Origin";
    return;
  }
  response.Set("Vary", "Origin");
}

}  // namespace

Result<Cors> Cors::Make(std::string_view origins, bool credentials) {
  Cors cors;
  cors.credentials_ = credentials;
  while (!Trim(origins).empty()) {
    size_t comma = std::min(origins.find(','), origins.size());
    std::string_view one = Trim(origins.substr(0, comma));
    origins.remove_prefix(std::min(comma + 1, origins.size()));
    if (one == "*") {
      cors.everybody_ = true;
    } else if (IsOrigin(one)) {
      cors.origins_.emplace_back(one);
    } else {
      return Fail(ErrorKind::kInvalid,
                  fmt::format("'{}' is no origin: write it as browsers send it, 'https://app.example', in lower case, "
                              "without a path and without the scheme's own port",
                              one));
    }
  }
  if (cors.everybody_ && !cors.origins_.empty()) {
    return Fail(ErrorKind::kInvalid, "'*' stands alone: it lets every origin in");
  }
  if (cors.everybody_ && credentials) {
    return Fail(ErrorKind::kInvalid, "credentials are for origins that are named, never for '*'");
  }
  if (credentials && cors.origins_.empty()) return Fail(ErrorKind::kInvalid, "credentials are for no origin");
  return cors;
}

bool Cors::TakesCookiesOf(std::string_view origin) const {
  return credentials_ && std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

void Cors::Apply(const http::Request& request, std::string_view allow, http::Response& response) const {
  if (!everybody_ && origins_.empty()) return;
  if (!everybody_) {
    VaryByOrigin(response);  // also where this one is not let in: a cache must not give its answer to one that is
    auto origin = request.Find("Origin");
    bool listed = origin && request.Count("Origin") == 1 &&
                  std::find(origins_.begin(), origins_.end(), *origin) != origins_.end();
    if (!listed) return;
    response.Set("Access-Control-Allow-Origin", std::string(*origin));
    if (credentials_) response.Set("Access-Control-Allow-Credentials", "true");
  } else {
    response.Set("Access-Control-Allow-Origin", "*");
  }
  bool preflight =
      request.method == "OPTIONS" && request.Find("Access-Control-Request-Method") && response.status == 204;
  if (!preflight) return response.Set("Access-Control-Expose-Headers", std::string(kExposed));
  response.Set("Access-Control-Allow-Methods", std::string(allow));
  response.Set("Access-Control-Allow-Headers", std::string(kRequestHeaders));
  response.Set("Access-Control-Max-Age", std::string(kMaxAge));
}

}  // namespace ashlar::surface
