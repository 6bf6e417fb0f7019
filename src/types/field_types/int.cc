// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"
#include "types/number_text.h"

namespace ashlar::types {
namespace {

// What every client reads exactly (RFC 8259, section 6).
constexpr int64_t kLargest = (int64_t{1} << 53) - 1;

std::string FormatInt(int64_t number) { return fmt::format("{}", number); }

class Int final : public TypedOver<int64_t> {
 public:
  explicit Int(Range<int64_t> range) : range_{range.min.value_or(-kLargest), range.max.value_or(kLargest)} {}

  std::string_view name() const override { return "int"; }
  std::string text() const override { return "int"; }
  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "integer");
    out.Field("format", "int64");
    out.Field("minimum", *range_.min);
    out.Field("maximum", *range_.max);
  }
  Bounds bounds() const override { return {*range_.min, *range_.max, true}; }
  json::Json Example() const override { return json::Json(json::Number{FormatInt(range_.Clamp(1))}); }

 protected:
  Read<int64_t> ReadJson(const json::Json& input) const override {
    auto number = input.number() == nullptr ? std::nullopt : ParseNumber(input.number()->token);
    if (!number || !number->is_integer()) return Wrong(Detail::kWrongType, "must be a whole number");
    return Convert(*number);
  }
  Read<int64_t> ReadText(std::string_view input) const override {
    auto number = ParseDigits(input);
    if (!number) return Wrong(Detail::kFormat, "must be a whole number");
    return Convert(*number);
  }
  FieldErrors Check(int64_t value) const override { return range_.Check(value, FormatInt); }
  void Write(int64_t value, json::Writer& out) const override { out.Int(value); }

 private:
  // Beyond 64 bits, beyond the bounds.
  Read<int64_t> Convert(const NumberText& number) const {
    if (auto value = ToInt64(number)) return *value;
    return std::unexpected(range_.Beyond(number.negative, FormatInt));
  }

  Range<int64_t> range_;
};

std::expected<int64_t, std::string> ParseBound(std::string_view text) {
  auto number = ParseDigits(text);
  auto value = number ? ToInt64(*number) : std::nullopt;
  if (value && *value >= -kLargest && *value <= kLargest) return *value;
  return std::unexpected(fmt::format("must be a whole number between -{0} and {0}", kLargest));
}

}  // namespace

FieldType IntType() {
  return {.name = "int",
          .doc = "A whole number within +-(2^53 - 1), so that every client reads it exactly; 1.0 is one.",
          .json = "number",
          .takes = "min max",
          .make = [](const Parameters& parameters) {
            ParameterReader reader(parameters, IntType());
            auto range = reader.ReadRange<int64_t>(ParseBound);
            return reader.Finish<Int>(range);
          }};
}

}  // namespace ashlar::types
