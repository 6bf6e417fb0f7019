// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>
#include <limits>

#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"
#include "types/number_text.h"

namespace ashlar::types {
namespace {

constexpr double kLargest = std::numeric_limits<double>::max();

std::string FormatDouble(double number) {
  std::string text;
  json::Writer writer(text);
  writer.Double(number);
  return text;
}

// The nearest double, and zero for what is smaller than any; nothing for what is larger than all.
// REQUIRES: a number of JSON.
std::optional<double> ToDouble(std::string_view token, const NumberText& number) {
  double value = 0;
  auto error = std::from_chars(token.data(), token.data() + token.size(), value).ec;
  if (error == std::errc::result_out_of_range) {
    if (number.integer_digits() > 0) return std::nullopt;
    value = 0;
  }
  return value + 0.0;  // there is one zero: no store keeps the other
}

class Float final : public TypedOver<double> {
 public:
  explicit Float(Range<double> range) : range_{range.min.value_or(-kLargest), range.max.value_or(kLargest)} {}

  std::string_view name() const override { return "float"; }
  std::string text() const override { return "float"; }
  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "number");
    out.Field("format", "double");
    Bound("minimum", *range_.min, out);
    Bound("maximum", *range_.max, out);
  }
  json::Json Example() const override { return json::Json(json::Number{FormatDouble(range_.Clamp(1.5))}); }

 protected:
  Read<double> ReadJson(const json::Json& input) const override {
    if (input.number() == nullptr) return Wrong(Detail::kWrongType, "must be a number");
    return ReadText(input.number()->token);
  }
  Read<double> ReadText(std::string_view input) const override {
    auto number = ParseNumber(input);
    if (!number) return Wrong(Detail::kFormat, "must be a number");
    if (auto value = ToDouble(input, *number)) return *value;
    return std::unexpected(range_.Beyond(number->negative, FormatDouble));
  }
  FieldErrors Check(double value) const override {
    if (!std::isfinite(value)) return {{"", Detail::kFormat, "must be a finite number"}};
    return range_.Check(value, FormatDouble);
  }
  void Write(double value, json::Writer& out) const override { out.Double(value); }

 private:
  static void Bound(std::string_view name, double bound, json::Writer& out) {
    if (std::abs(bound) == kLargest) return;
    out.Key(name);
    out.Double(bound);
  }

  Range<double> range_;
};

std::expected<double, std::string> ParseBound(std::string_view text) {
  auto number = ParseNumber(text);
  auto value = number ? ToDouble(text, *number) : std::nullopt;
  if (value) return *value;
  return std::unexpected("must be a number");
}

}  // namespace

FieldType FloatType() {
  return {.name = "float",
          .doc = "An IEEE double; NaN and infinities are refused.",
          .json = "number",
          .takes = "min max",
          .make = [](const Parameters& parameters) {
            ParameterReader reader(parameters, FloatType());
            auto range = reader.ReadRange<double>(ParseBound);
            return reader.Finish<Float>(range);
          }};
}

}  // namespace ashlar::types
