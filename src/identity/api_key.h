// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "types/value.h"

namespace ashlar::identity {

// An API key as its owner has it: "ashlar_", the id of its row (22 digits of base 62), 256 random bits (43 digits) and
// the first 32 bits of the SHA-256 of all that (6 digits). So whoever searches texts for secrets knows one when it
// stands there, what is mistyped or made up costs no look at the store, and who finds one can tell which it is.
inline constexpr std::string_view kApiKeyPrefix = "ashlar_";
inline constexpr size_t kApiKeyLength = kApiKeyPrefix.size() + 22 + 43 + 6;

// A new one. Secret.
std::string NewApiKey(const types::Uuid& id);
// The id that a key names; nothing unless it is a key by its form.
std::optional<types::Uuid> ReadApiKey(std::string_view text);
// What is kept of one: its SHA-256 in hexadecimal digits. 256 random bits need no slower one.
std::string HashApiKey(std::string_view text);

}  // namespace ashlar::identity
