// SPDX-License-Identifier: Apache-2.0
// /.well-known/jwks.json: what others verify our tokens with.
#include "identity/jwks.h"
#include "surface/front/exchange.h"
#include "surface/front/front.h"

namespace ashlar::surface {

bool Front::IsKeysPath(const http::Request& request) {
  const auto& segments = request.segments;
  return segments.size() == 2 && segments[0] == ".well-known" && segments[1] == "jwks.json";
}

// As RFC 7517 says, without an envelope; for which no credential is looked at. Whoever keeps it asks again before a key
// signs that is not in it.
http::Response Front::ShowKeys(Exchange& exchange) {
  exchange.match = {};
  exchange.match.route = kKeysPath;
  exchange.match.allow = "GET, HEAD, OPTIONS";
  if (auto other = OnlyGet(exchange)) return std::move(*other);
  if (exchange.codings.TakesNothing()) {
    return Error(exchange, {call::Code::kNotAcceptable, "none of zstd, br, gzip and identity is taken", {}});
  }
  http::Response response;
  response.Set("Content-Type", "application/jwk-set+json");
  response.Set("Cache-Control", fmt::format("public, max-age={}", identity::KeyRing::kPublishedSeconds));
  response.body = identity::WriteJwks(*keys_.ring(), clock_.NowMicros() / 1'000'000);
  return Send(exchange, std::move(response), "");
}

}  // namespace ashlar::surface
