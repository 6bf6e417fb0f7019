// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "types/field_types/range.h"
#include "types/field_types/typed.h"
#include "types/regex.h"

namespace ashlar::types {

// Any text without NUL, between two lengths in code points, that a pattern may match as a whole: string and text.
class PlainText final : public TypedOver<std::string> {
 public:
  PlainText(std::string_view name, Length length, std::optional<Regex> pattern)
      : name_(name), length_(length), pattern_(std::move(pattern)) {}

  std::string_view name() const override { return name_; }
  std::string text() const override { return std::string(name_); }
  void JsonSchema(json::Writer& out) const override;
  json::Json Example() const override;
  Bounds bounds() const override { return {length_.min, length_.max, !pattern_}; }

 protected:
  Read<std::string> ReadJson(const json::Json& input) const override;
  Read<std::string> ReadText(std::string_view input) const override;
  FieldErrors Check(std::string_view value) const override;
  void Write(std::string_view value, json::Writer& out) const override { out.String(value); }

 private:
  std::string_view name_;
  Length length_;
  std::optional<Regex> pattern_;
};

// What string and text have in common but for the name and the default of max.
std::expected<TypePtr, std::vector<ParameterError>> MakePlainText(const Parameters& parameters, const FieldType& row,
                                                                  int64_t default_max);

}  // namespace ashlar::types
