// SPDX-License-Identifier: Apache-2.0
#include "surface/auth/asked.h"

#include "http/cookie.h"
#include "identity/browser_session.h"

#include "surface/rest/decode.h"

namespace ashlar::surface::auth {

constexpr size_t kMostAgent = 200;

std::string Asked::session() const {
  const json::Json* issuer = caller.principal.claims.Find("iss");
  if (issuer == nullptr || issuer->string() == nullptr || *issuer->string() != service.name) return "";
  const json::Json* session = caller.principal.claims.Find("sid");
  return session == nullptr || session->string() == nullptr ? "" : *session->string();
}

std::string AgentOf(const http::Request& request) {
  std::string agent(request.Find("User-Agent").value_or("").substr(0, kMostAgent));
  for (char& c : agent) c = c >= ' ' && c <= '~' ? c : '?';
  return agent;
}

std::string Asked::cookie() const {
  if (!service.identity || !service.identity->cookies) return "";
  auto found = http::FindCookie(request, identity::kSessionCookie);
  return found && *found ? std::string(**found) : "";
}

std::string Asked::sign_in() const {
  auto found = http::FindCookie(request, identity::kSignInCookie);
  return found && *found ? std::string(**found) : "";
}

http::Response JsonAnswer(int status, std::string body) {
  http::Response response{status, {}, std::move(body)};
  response.Set("Content-Type", std::string(rest::kJson));
  return response;
}

http::Response NoContent() { return {204, {}, ""}; }

http::Response SeeOther(std::string url) {
  http::Response response{303, {}, ""};
  response.Set("Location", std::move(url));
  response.Set("Referrer-Policy", "no-referrer");
  return response;
}

http::Response NoContentNorCookie() {
  http::Response response = NoContent();
  response.Set("Set-Cookie", http::NoHostCookie(identity::kSessionCookie));
  return response;
}

}  // namespace ashlar::surface::auth
