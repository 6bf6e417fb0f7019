// SPDX-License-Identifier: Apache-2.0
#include "identity/jws.h"

#include <charconv>

#include "base/base64.h"

namespace ashlar::identity {
namespace {

std::optional<json::Json> DecodePart(std::string_view part) {
  auto text = Base64UrlDecode(part);
  if (!text) return std::nullopt;
  auto parsed = json::Parse(*text, {.depth = 16, .bytes = kMostToken});
  if (!parsed || parsed->object() == nullptr) return std::nullopt;
  return std::move(*parsed);
}

}  // namespace

std::optional<Jws> ReadJws(std::string_view token) {
  if (token.size() > kMostToken) return std::nullopt;
  size_t first = token.find('.');
  size_t last = token.rfind('.');
  if (first == std::string_view::npos || last == first || token.find('.', first + 1) != last) return std::nullopt;
  auto signature = Base64UrlDecode(token.substr(last + 1));
  auto header = DecodePart(token.substr(0, first));
  if (!signature || !header) return std::nullopt;
  auto claims = DecodePart(token.substr(first + 1, last - first - 1));
  if (!claims) return std::nullopt;
  return Jws{std::move(*header), std::move(*claims), token.substr(0, last), std::move(*signature)};
}

const std::string* TextOf(const json::Json& object, std::string_view name) {
  const json::Json* member = object.Find(name);
  return member == nullptr ? nullptr : member->string();
}

bool IsText(const json::Json& object, std::string_view name, std::string_view text) {
  const std::string* own = TextOf(object, name);
  return own != nullptr && *own == text;
}

std::optional<int64_t> SecondsOf(const json::Json& object, std::string_view name) {
  const json::Json* member = object.Find(name);
  if (member == nullptr || member->number() == nullptr) return std::nullopt;
  const std::string& token = member->number()->token;
  int64_t number = 0;
  auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), number);
  if (error != std::errc() || end != token.data() + token.size()) return std::nullopt;
  return number;
}

}  // namespace ashlar::identity
