// SPDX-License-Identifier: Apache-2.0
#include "identity/callback.h"

#include <algorithm>
#include <string_view>

#include "base/http_fetch.h"

namespace ashlar::identity {
namespace {

constexpr size_t kMostText = 4096;

bool IsPlain(const std::string& text) {
  return !text.empty() && text.size() <= kMostText &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::optional<Callback> ReadCallback(const std::vector<std::pair<std::string, std::string>>& query) {
  std::optional<std::string> state, code, error, issuer;
  const std::pair<std::string_view, std::optional<std::string>*> known[] = {
      {"state", &state}, {"code", &code}, {"error", &error}, {"iss", &issuer}};
  for (const auto& [name, value] : query) {
    for (const auto& [wanted, into] : known) {
      if (name != wanted) continue;
      if (*into || !IsPlain(value)) return std::nullopt;
      *into = value;
    }
  }
  if (!state || code.has_value() == error.has_value()) return std::nullopt;
  if (error && !IsErrorCode(*error)) error->clear();
  return Callback{std::move(*state), code.value_or(""), error.value_or(""), std::move(issuer)};
}

}  // namespace ashlar::identity
