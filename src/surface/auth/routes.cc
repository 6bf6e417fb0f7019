// SPDX-License-Identifier: Apache-2.0
#include "surface/auth/routes.h"

#include <map>

#include "surface/auth/handlers.h"

namespace ashlar::surface::auth {
namespace {

bool HasKeys(const model::Identity& identity) { return identity.api_keys.has_value(); }
bool HasProviders(const model::Identity& identity) { return !identity.providers.empty(); }
bool HasProvider(const model::Identity& identity) { return identity.provider.has_value(); }

constexpr Route kRoutes[] = {
    {"POST", "/auth/register", Register, Asker::kAnybody, true},
    {"POST", "/auth/login", Login, Asker::kAnybody, true},
    {"GET", "/auth/login/{provider}", BeginProvider, Asker::kAnybody, false, false, HasProviders, true},
    {"GET", "/auth/callback/{provider}", ReturnFromProvider, Asker::kAnybody, false, false, HasProviders, true, true},
    {"POST", "/auth/links/{provider}", BeginLink, Asker::kUser, true, false, HasProviders},
    {"DELETE", "/auth/links/{provider}", EndLink, Asker::kUser, true, false, HasProviders},
    {"POST", "/auth/refresh", Refresh, Asker::kAnybody, true},
    {"POST", "/auth/logout", Logout},
    {"GET", "/auth/sessions", ListSessions},
    {"DELETE", "/auth/sessions/{id}", EndSession},
    {"GET", "/auth/me", GetMe, Asker::kUser, false, true},
    {"PATCH", "/auth/me", PatchMe, Asker::kUser, true},
    {"DELETE", "/auth/me", DeleteMe, Asker::kUser, true},
    {"GET", "/auth/me/export", ExportMe},
    {"POST", "/auth/password/change", ChangePassword, Asker::kUser, true},
    {"POST", "/auth/password/forgot", ForgotPassword, Asker::kAnybody, true},
    {"POST", "/auth/password/reset", ResetPassword, Asker::kAnybody, true},
    {"POST", "/auth/email/verify", VerifyEmail, Asker::kAnybody, true},
    {"POST", "/auth/email/resend", ResendEmail, Asker::kAnybody, true},
    {"POST", "/auth/email/change", ChangeEmail, Asker::kUser, true},
    {"POST", "/auth/totp", BeginTotp, Asker::kUser, true},
    {"DELETE", "/auth/totp", EndTotp, Asker::kUser, true},
    {"POST", "/auth/totp/confirm", ConfirmTotp, Asker::kUser, true},
    {"GET", "/auth/keys", ListKeys, Asker::kUser, false, false, HasKeys},
    {"POST", "/auth/keys", MakeKey, Asker::kUser, true, false, HasKeys},
    {"DELETE", "/auth/keys/{id}", RevokeKey, Asker::kUser, false, false, HasKeys},
    {"GET", "/auth/consents", ListConsents, Asker::kUser, false, false, HasProvider},
    {"DELETE", "/auth/consents/{client}", TakeBackConsent, Asker::kUser, false, false, HasProvider},
};

bool Fits(std::string_view path, const std::vector<std::string>& segments) {
  for (const std::string& segment : segments) {
    if (!path.starts_with('/')) return false;
    path.remove_prefix(1);
    std::string_view part = path.substr(0, path.find('/'));
    bool fits = part.starts_with('{') ? !segment.empty() : part == segment;
    if (!fits) return false;
    path.remove_prefix(part.size());
  }
  return path.empty();
}

// The methods of each address.
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

Match Find(const model::Identity& identity, std::string_view method, const std::vector<std::string>& segments) {
  Match match;
  for (const Route& route : kRoutes) {
    if (!Fits(route.path, segments) || (route.there != nullptr && !route.there(identity))) continue;
    match.path = route.path;
    if (method == route.method || (method == "HEAD" && route.method == "GET" && !route.acts)) match.route = &route;
  }
  if (!match.path.empty()) match.allow = Allowed().find(match.path)->second;
  return match;
}

std::span<const Route> Routes() { return kRoutes; }

}  // namespace ashlar::surface::auth
