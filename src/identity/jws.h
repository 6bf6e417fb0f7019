// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json/json.h"

namespace ashlar::identity {

inline constexpr size_t kMostToken = 8192;  // bytes

// A signed token taken apart (RFC 7515, the compact form): nothing of it is believed yet. Header and claims are
// objects of bounded depth whose names are unique.
struct Jws {
  json::Json header, claims;
  std::string_view signed_part;  // of the token
  std::string signature;
};
// Nothing where it is too large or not of that form.
std::optional<Jws> ReadJws(std::string_view token);

// Whether the member is there and is this text.
bool IsText(const json::Json& object, std::string_view name, std::string_view text);
// The member as a text; null where it is none.
const std::string* TextOf(const json::Json& object, std::string_view name);
// The member as whole seconds; nothing where it is none.
std::optional<int64_t> SecondsOf(const json::Json& object, std::string_view name);

}  // namespace ashlar::identity
