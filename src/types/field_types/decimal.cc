// SPDX-License-Identifier: Apache-2.0
#include "types/decimal.h"
#include "base/counted.h"

#include <fmt/format.h>

#include <charconv>

#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"
#include "types/number_text.h"

namespace ashlar::types {

FieldType DecimalType();

namespace {

class DecimalOf final : public TypedOver<Decimal> {
 public:
  // `range` is in unscaled values.
  DecimalOf(int digits, int scale, Range<int64_t> range) : digits_(digits), scale_(scale) {
    auto largest = static_cast<int64_t>(PowerOfTen(digits)) - 1;
    range_ = {range.min.value_or(-largest), range.max.value_or(largest)};
  }

  std::string_view name() const override { return "decimal"; }
  std::string text() const override { return fmt::format("decimal({},{})", digits_, scale_); }
  int scale() const override { return scale_; }
  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "string");
    out.Field("format", "decimal");
    out.Field("maxLength", digits_ + 1 + (scale_ > 0 ? 1 : 0) + (scale_ == digits_ ? 1 : 0));  // sign, point, zero
    std::string integer = digits_ == scale_ ? "0" : fmt::format("(?:0|[1-9][0-9]{{0,{}}})", digits_ - scale_ - 1);
    std::string fraction = scale_ == 0 ? "" : fmt::format("(?:\\.[0-9]{{1,{}}})?", scale_);
    out.Field("pattern", fmt::format("^-?{}{}$", integer, fraction));
  }
  Bounds bounds() const override { return {*range_.min, *range_.max, true}; }
  json::Json Example() const override {
    return json::Json(FormatUnscaled(range_.Clamp(static_cast<int64_t>(digits_ == scale_ ? 1 : PowerOfTen(scale_)))));
  }

 private:
  std::string FormatUnscaled(int64_t unscaled) const { return FormatDecimal({unscaled, scale_}); }
  auto formatter() const {
    return [this](int64_t unscaled) { return FormatUnscaled(unscaled); };
  }

 protected:
  Read<Decimal> ReadJson(const json::Json& input) const override {
    if (const json::Number* number = input.number()) return Convert(ParseNumber(number->token));
    auto text = TextOf(input);
    if (!text) return Wrong(Detail::kWrongType, "must be a number or a string that holds one");
    return ReadText(*text);
  }
  Read<Decimal> ReadText(std::string_view input) const override {
    auto number = ParseNumber(input);
    if (number && number->with_exponent) number.reset();
    return Convert(number);
  }
  FieldErrors Check(Decimal value) const override {
    auto exact = Rescale(value, scale_);
    if (!exact || !Fits(exact->unscaled, kFieldDigits)) return {range_.Beyond(value.unscaled < 0, formatter())};
    return range_.Check(static_cast<int64_t>(exact->unscaled), formatter());
  }
  void Write(Decimal value, json::Writer& out) const override {
    std::string& text = out.out();
    out.Raw("\"");
    AppendDecimal(value, text);
    text += '"';
  }

 private:
  Read<Decimal> Convert(const std::optional<NumberText>& number) const {
    if (!number) return Wrong(Detail::kFormat, "must be a decimal number such as -12.5");
    auto decimal = ToDecimal(*number, scale_);
    if (decimal && Fits(decimal->unscaled, kFieldDigits)) return *decimal;
    if (!decimal && decimal.error() == DecimalFault::kPrecision) {
      return Wrong(Detail::kPrecision, fmt::format("must have at most {}", Counted(scale_, "decimal")));
    }
    return std::unexpected(range_.Beyond(number->negative, formatter()));
  }

  int digits_;
  int scale_;
  Range<int64_t> range_;
};

std::optional<int> ParseSmall(std::string_view text) {
  int number = 0;
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && stop == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::expected<TypePtr, std::vector<ParameterError>> MakeDecimal(const Parameters& parameters) {
  ParameterReader reader(parameters, DecimalType());
  const auto& arguments = parameters.arguments;
  auto digits = arguments.size() == 2 ? ParseSmall(arguments[0]) : std::nullopt;
  auto scale = arguments.size() == 2 ? ParseSmall(arguments[1]) : std::nullopt;
  if (!digits || !scale || *digits < 1 || *digits > kFieldDigits || *scale < 0 || *scale > *digits) {
    reader.Refuse("arguments",
                  fmt::format("must be decimal(p,s): p digits, at most {}, s of them decimals", kFieldDigits));
    return reader.Fail();
  }
  auto range = reader.ReadRange<int64_t>([&](std::string_view text) -> std::expected<int64_t, std::string> {
    auto bound = ParseDecimal(text, *scale);
    if (bound && Fits(bound->unscaled, *digits)) return static_cast<int64_t>(bound->unscaled);
    return std::unexpected(fmt::format("must be a number that decimal({},{}) can hold", *digits, *scale));
  });
  return reader.Finish<DecimalOf>(*digits, *scale, range);
}

}  // namespace

FieldType DecimalType() {
  return {.name = "decimal",
          .doc =
              "decimal(p,s): an exact number of at most p digits, 18 at most, s of them behind the point; input may "
              "be a JSON number, too.",
          .json = "string",
          .takes = "min max arguments",
          .make = MakeDecimal};
}

}  // namespace ashlar::types
