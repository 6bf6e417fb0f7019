// SPDX-License-Identifier: Apache-2.0
// Browsers, whose cookie goes with whatever any page makes them ask.
#include "base/await.h"
#include "http/cookie.h"
#include "identity/browser_session.h"
#include "surface/front/exchange.h"
#include "surface/front/front.h"
#include "surface/front/own_page.h"

namespace ashlar::surface {

using call::Code;

bool Front::HasSessionCookie(const http::Request& request) const {
  const auto& section = engine_.service().identity;
  if (!section || !section->cookies) return false;
  auto cookie = http::FindCookie(request, identity::kSessionCookie);
  return !cookie || *cookie;
}

Eventually<call::Answer<call::CallerPtr>> Front::Identify(Exchange& exchange) {
  const http::Request& request = exchange.request;
  const bool writes = !identity::IsSafeMethod(request.method);
  if (writes && HasSessionCookie(request) && !IsOwnPage(request, options_.cors)) {
    return call::Answer<call::CallerPtr>(
        call::Refuse(Code::kForbidden, "the cookie of a session is not taken of another origin's page"));
  }
  return authenticator_.Authenticate(exchange.context, request);
}

// Scripts cannot take back a cookie that is worth nothing any more, and even what is open to all would stay closed.
http::Response Front::Unknown(Exchange& exchange, const call::ApiError& error) {
  http::Response response = Error(exchange, error);
  const http::Request& request = exchange.request;
  const bool by_cookie = HasSessionCookie(request) && !request.Find("Authorization") && !request.Find("X-Api-Key");
  if (by_cookie && error.code == Code::kInvalidCredentials) {
    response.Set("Set-Cookie", http::NoHostCookie(identity::kSessionCookie));
  }
  return response;
}

}  // namespace ashlar::surface
