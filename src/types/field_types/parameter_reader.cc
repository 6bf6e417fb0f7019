// SPDX-License-Identifier: Apache-2.0
#include "types/field_types/parameter_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/counted.h"

namespace ashlar::types {
namespace {

// No length beyond this can be meant: values are held in memory.
constexpr int64_t kLongest = 16 << 20;

std::expected<int64_t, std::string> ParseLength(std::string_view text) {
  int64_t length = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  bool whole = error == std::errc() && stop == text.data() + text.size() && length >= 0;
  if (!whole || length > kLongest) {
    return std::unexpected(fmt::format("must be a whole number between 0 and {}", kLongest));
  }
  return length;
}

// Whether the words of `takes` include this one.
bool Takes(std::string_view takes, std::string_view key) {
  while (!takes.empty()) {
    size_t end = std::min(takes.find(' '), takes.size());
    if (takes.substr(0, end) == key) return true;
    takes.remove_prefix(std::min(end + 1, takes.size()));
  }
  return false;
}

}  // namespace

FieldErrors Length::Check(size_t count) const {
  auto length = static_cast<int64_t>(count);
  if (length < min) return {{"", Detail::kTooShort, fmt::format("must have at least {}", Counted(min, unit))}};
  if (length > max) return {{"", Detail::kTooLong, fmt::format("must have at most {}", Counted(max, unit))}};
  return {};
}

int64_t Length::Clamp(int64_t count) const { return std::clamp(count, min, max); }

ParameterReader::ParameterReader(const Parameters& parameters, const FieldType& row) : parameters_(parameters) {
  auto refuse_unless_taken = [&](std::string_view key, bool given) {
    if (given && !Takes(row.takes, key)) Refuse(std::string(key), fmt::format("is not for {}", row.name));
  };
  refuse_unless_taken("arguments", !parameters.arguments.empty());
  refuse_unless_taken("min", parameters.min.has_value());
  refuse_unless_taken("max", parameters.max.has_value());
  refuse_unless_taken("pattern", parameters.pattern.has_value());
}

Length ParameterReader::ReadLength(int64_t default_max, std::string_view unit) {
  auto min = ReadBound<int64_t>("min", parameters_.min, ParseLength);
  auto max = ReadBound<int64_t>("max", parameters_.max, ParseLength);
  Length length{min.value_or(0), max.value_or(default_max), unit};
  if (min && length.max < *min) {
    Refuse("min", max ? "must not be greater than max"
                      : fmt::format("must not be greater than max, which is {} unless given", default_max));
  }
  return length;
}

}  // namespace ashlar::types
