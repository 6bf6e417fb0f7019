// SPDX-License-Identifier: Apache-2.0
#include "http/cookie.h"

namespace ashlar::http {
namespace {

constexpr std::string_view kAttributes = "; Path=/; Secure; HttpOnly; SameSite=Strict";

}  // namespace

std::expected<std::optional<std::string_view>, CookieFault> FindCookie(const Request& request, std::string_view name) {
  std::optional<std::string_view> found;
  for (const Header& header : request.headers) {
    if (!EqualIgnoringCase(header.name, "Cookie")) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find(';'), rest.size());
      std::string_view pair = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const size_t equals = pair.find('=');
      if (equals == std::string_view::npos || Trim(pair.substr(0, equals)) != name) continue;
      if (found) return std::unexpected(CookieFault::kRepeated);
      found = Trim(pair.substr(equals + 1));
    }
  }
  return found;
}

std::string HostCookie(std::string_view name, std::string_view value) {
  return fmt::format("{}={}{}", name, value, kAttributes);
}

std::string LaxHostCookie(std::string_view name, std::string_view value, std::optional<int64_t> seconds) {
  std::string cookie = fmt::format("{}={}; Path=/; Secure; HttpOnly; SameSite=Lax", name, value);
  if (seconds) cookie += fmt::format("; Max-Age={}", *seconds);
  return cookie;
}

std::string NoHostCookie(std::string_view name) { return fmt::format("{}={}; Max-Age=0", name, kAttributes); }

}  // namespace ashlar::http
