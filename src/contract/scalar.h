// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/json/json.h"
#include "contract/node.h"

namespace ashlar::contract {

// What a scalar says by the core schema of YAML 1.2. Quoted and block scalars are texts only; what the environment
// filled in may be read either way.
bool IsNull(const Node& node);
std::optional<bool> ToBool(const Node& node);
std::optional<int64_t> ToInt(const Node& node);
// A time as contracts write it, 30s, 15m, 2h or 1d, in seconds; at least one, at most `longest`.
std::optional<int64_t> ParseSeconds(std::string_view text, int64_t longest);
// The whole value as JSON: numbers keep their digits; infinities and NaN, which JSON lacks, become texts.
json::Json ToJson(const Node& node);

}  // namespace ashlar::contract
