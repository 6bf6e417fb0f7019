// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string_view>

#include "base/json/json.h"

namespace ashlar::json {

// The first place at which a text stops being a document that Parse takes, or nothing if it is one. It reads byte by
// byte, keeps its own stack, and is run only over texts that Parse refuses (and over bare scalars).
std::optional<SyntaxError> Locate(std::string_view text, const Limits& limits);

// Whether `token` is a number of RFC 8259.
bool IsNumber(std::string_view token);

// `text` begins inside a string, behind its opening quote, and has a closing one. Whether a \u escape in it is one
// half of a surrogate pair alone.
bool HasLoneSurrogate(std::string_view text);

}  // namespace ashlar::json
