// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"
#include "types/number_text.h"

namespace ashlar::types {
namespace {

std::string FormatInt(int64_t number) { return fmt::format("{}", number); }

class Int64 final : public TypedOver<int64_t> {
 public:
  explicit Int64(Range<int64_t> range) : range_{range.min.value_or(INT64_MIN), range.max.value_or(INT64_MAX)} {}

  std::string_view name() const override { return "int64"; }
  std::string text() const override { return "int64"; }
  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "string");
    out.Field("format", "int64");
    out.Field("maxLength", 20);
    out.Field("pattern", "^-?(?:0|[1-9][0-9]{0,18})$");
  }
  Bounds bounds() const override { return {*range_.min, *range_.max, true}; }
  json::Json Example() const override { return json::Json(FormatInt(range_.Clamp(1))); }

 protected:
  Read<int64_t> ReadJson(const json::Json& input) const override {
    auto text = TextOf(input);
    if (!text) return Wrong(Detail::kWrongType, "must be a string that holds a whole number");
    return ReadText(*text);
  }
  Read<int64_t> ReadText(std::string_view input) const override {
    auto number = ParseDigits(input);
    if (!number) return Wrong(Detail::kFormat, "must be a whole number in decimal digits");
    if (auto value = ToInt64(*number)) return *value;
    return std::unexpected(range_.Beyond(number->negative, FormatInt));
  }
  FieldErrors Check(int64_t value) const override { return range_.Check(value, FormatInt); }
  void Write(int64_t value, json::Writer& out) const override { out.String(FormatInt(value)); }

 private:
  Range<int64_t> range_;
};

std::expected<int64_t, std::string> ParseBound(std::string_view text) {
  auto number = ParseDigits(text);
  auto value = number ? ToInt64(*number) : std::nullopt;
  if (value) return *value;
  return std::unexpected("must be a whole number of 64 bits");
}

}  // namespace

FieldType Int64Type() {
  return {.name = "int64",
          .doc = "A whole number of 64 bits, written as a string since not every client reads it exactly.",
          .json = "string",
          .takes = "min max",
          .make = [](const Parameters& parameters) {
            ParameterReader reader(parameters, Int64Type());
            auto range = reader.ReadRange<int64_t>(ParseBound);
            return reader.Finish<Int64>(range);
          }};
}

}  // namespace ashlar::types
