// SPDX-License-Identifier: Apache-2.0
#include "surface/oauth/routes.h"

#include <map>

namespace ashlar::surface::oauth {
namespace {

bool TakesClients(const model::Provider& provider) { return provider.registration.has_value(); }

constexpr Route kRoutes[] = {
    {"GET", "/.well-known/openid-configuration", ShowMetadata},
    {"GET", "/.well-known/oauth-authorization-server", ShowMetadata},
    {"GET", "/oauth/authorize", Authorize, Asker::kBrowser, Takes::kNothing, true},
    {"POST", "/oauth/authorize", Continue, Asker::kBrowser, Takes::kForm},
    {"POST", "/oauth/device", BeginDevice, Asker::kProgram, Takes::kForm},
    {"GET", "/oauth/activate", Activate, Asker::kBrowser},
    {"POST", "/oauth/activate", ConfirmDevice, Asker::kBrowser, Takes::kForm},
    {"POST", "/oauth/par", Push, Asker::kProgram, Takes::kForm},
    {"POST", "/oauth/token", GiveTokens, Asker::kProgram, Takes::kForm},
    {"POST", "/oauth/introspect", Introspect, Asker::kProgram, Takes::kForm},
    {"POST", "/oauth/revoke", Revoke, Asker::kProgram, Takes::kForm},
    {"GET", "/oauth/userinfo", ShowUser},
    {"POST", "/oauth/userinfo", ShowUser},
    {"GET", "/oauth/logout", Logout, Asker::kBrowser},
    {"POST", "/oauth/logout", ConfirmLogout, Asker::kBrowser, Takes::kForm},
    {"POST", "/oauth/register", RegisterClient, Asker::kProgram, Takes::kJson, false, TakesClients},
};

bool IsAt(std::string_view path, const std::vector<std::string>& segments) {
  for (const std::string& segment : segments) {
    if (!path.starts_with('/')) return false;
    path.remove_prefix(1);
    if (path.substr(0, path.find('/')) != segment) return false;
    path.remove_prefix(segment.size());
  }
  return path.empty();
}

const std::map<std::string_view, std::string>& Allowed() {
  static const auto allowed = [] {
    std::map<std::string_view, std::string> all;
    for (const Route& route : kRoutes) {
      all[route.path] += fmt::format("{}, ", route.method == "GET" && !route.acts ? "GET, HEAD" : route.method);
    }
    for (auto& [path, methods] : all) methods += "OPTIONS";
    return all;
  }();
  return allowed;
}

}  // namespace

Match Find(const model::Provider& provider, std::string_view method, const std::vector<std::string>& segments) {
  Match match;
  for (const Route& route : kRoutes) {
    if (!IsAt(route.path, segments) || (route.there != nullptr && !route.there(provider))) continue;
    match.path = route.path;
    match.asker = route.asker;
    if (method == route.method || (method == "HEAD" && route.method == "GET" && !route.acts)) match.route = &route;
  }
  if (!match.path.empty()) match.allow = Allowed().find(match.path)->second;
  return match;
}

std::span<const Route> Routes() { return kRoutes; }

}  // namespace ashlar::surface::oauth
