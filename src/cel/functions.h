// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/cel.h"

namespace ashlar::cel {

// What every operator and function of the language is, for the reference and for `did you mean`.
struct FunctionRow {
  Op op;
  std::string_view name;       // as it is written: "+", "size", "startsWith"
  std::string_view signature;  // "string.startsWith(string) -> bool"
  std::string_view doc;
};
std::span<const FunctionRow> Functions();
std::vector<std::string> FunctionNames();  // of those that are called by name, macros included

// The value of an operator or function over values; lazy ones (&&, ||, ?:, has) are the evaluator's own.
std::expected<types::Value, EvalError> Apply(Op op, const Type& type, std::span<const types::Value> arguments);

// The longest text that joining two makes.
inline constexpr size_t kMostTextBytes = 16 << 20;

// "1h30m", "-1.5s", "10ms" as the CEL specification writes durations.
std::optional<types::Duration> ParseCelDuration(std::string_view text);
bool IsPattern(std::string_view text);

}  // namespace ashlar::cel
