// SPDX-License-Identifier: Apache-2.0
#include "surface/auth/routes.h"

#include <algorithm>

namespace ashlar::surface::auth {
namespace {

struct Row {
  std::string_view method;
  std::string_view route;
  Action action;
  std::string_view allow;
};

constexpr std::string_view kPost = "POST, OPTIONS", kGet = "GET, HEAD, OPTIONS";

constexpr Row kRows[] = {
    {"POST", "/auth/register", Action::kRegister, kPost},
    {"POST", "/auth/login", Action::kLogin, kPost},
    {"POST", "/auth/refresh", Action::kRefresh, kPost},
    {"POST", "/auth/logout", Action::kLogout, kPost},
    {"GET", "/auth/sessions", Action::kListSessions, kGet},
    {"DELETE", "/auth/sessions/{id}", Action::kEndSession, "DELETE, OPTIONS"},
    {"GET", "/auth/me", Action::kMe, kGet},
    {"POST", "/auth/password/change", Action::kChangePassword, kPost},
};

bool Fits(std::string_view route, const std::vector<std::string>& segments) {
  for (const std::string& segment : segments) {
    if (!route.starts_with('/')) return false;
    route.remove_prefix(1);
    std::string_view part = route.substr(0, route.find('/'));
    bool fits = part == "{id}" ? !segment.empty() : part == segment;
    if (!fits) return false;
    route.remove_prefix(part.size());
  }
  return route.empty();
}

}  // namespace

bool NeedsUser(Action action) {
  return action != Action::kRegister && action != Action::kLogin && action != Action::kRefresh;
}

bool TakesBody(Action action) { return !NeedsUser(action) || action == Action::kChangePassword; }

Match Find(std::string_view method, const std::vector<std::string>& segments) {
  auto row = std::ranges::find_if(kRows, [&](const Row& one) { return Fits(one.route, segments); });
  if (row == std::end(kRows)) return {};
  Match match{.action = {}, .route = row->route, .allow = row->allow};
  if (method == row->method || (method == "HEAD" && row->method == "GET")) match.action = row->action;
  return match;
}

std::span<const std::string_view> Routes() {
  static constexpr auto routes = [] {
    std::array<std::string_view, std::size(kRows)> all;
    std::ranges::transform(kRows, all.begin(), &Row::route);
    return all;
  }();
  return routes;
}

}  // namespace ashlar::surface::auth
