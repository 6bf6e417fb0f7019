// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/once.h"

#include "surface/rest/accept.h"

namespace ashlar::surface::rest {
namespace {

constexpr std::string_view kName = "Idempotency-Key";

void AppendText(std::string_view text, std::string& out) {
  out += fmt::format("{}:", text.size());
  out += text;
}

// The canonical address, which the router sees too, and not one of its spellings.
std::string AddressOf(const http::Request& request) {
  return fmt::format("{} /{}", request.method, fmt::join(request.segments, "/"));
}

Digest FingerprintOf(const http::Request& request) {
  std::string text;
  AppendText(MediaType(request.Find("Content-Type").value_or("")), text);
  AppendText(request.body, text);
  AppendText(request.FindList("If-Match").value_or(""), text);
  for (const auto& [name, value] : request.query) {
    AppendText(name, text);
    AppendText(value, text);
  }
  return Sha256(text);
}

}  // namespace

call::Answer<std::optional<call::Once>> ReadOnce(const http::Request& request) {
  auto given = request.Find(kName);
  if (!given) return std::nullopt;
  auto wrong = [](std::string_view why) {
    return call::Refuse(call::Code::kInvalidQuery, fmt::format("'{}' {}", kName, why));
  };
  if (request.method != "POST" && request.method != "PATCH") return wrong("is for POST and PATCH");
  if (request.Count(kName) > 1) return wrong("is given twice");
  std::string_view key = Trim(*given);
  bool quoted = key.size() >= 2 && key.front() == '"' && key.back() == '"';
  if (quoted) key = key.substr(1, key.size() - 2);
  bool plain = std::ranges::all_of(key, [](char c) { return c > ' ' && c < '\x7f'; });
  if (key.empty() || key.size() > call::Once::kMaxKey || !plain) {
    return wrong(fmt::format("must be 1 to {} visible ASCII characters", call::Once::kMaxKey));
  }
  return call::Once{std::string(key), AddressOf(request), FingerprintOf(request)};
}

}  // namespace ashlar::surface::rest
