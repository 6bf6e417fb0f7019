// SPDX-License-Identifier: Apache-2.0
#include "types/datetime.h"

#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"

namespace ashlar::types {
namespace {

std::string AsText(Timestamp value) { return FormatTimestamp(value); }

constexpr const char* kForm = "must be a date and time such as 2024-02-29T12:00:00Z";

class Datetime final : public TypedOver<Timestamp> {
 public:
  explicit Datetime(Range<Timestamp> range)
      : range_{range.min.value_or(kFirstTimestamp), range.max.value_or(kLastTimestamp)} {}

  std::string_view name() const override { return "datetime"; }
  std::string text() const override { return "datetime"; }
  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "string");
    out.Field("format", "date-time");
    out.Field("maxLength", 32);  // with six decimals and an offset
  }
  json::Json Example() const override {
    return json::Json(
        FormatTimestamp(range_.Clamp({FromCivil({2024, 2, 29}).days * kMicrosPerDay + kMicrosPerDay / 2})));
  }

 protected:
  Read<Timestamp> ReadJson(const json::Json& input) const override {
    auto text = TextOf(input);
    if (!text) return std::unexpected(std::move(text).error());
    return ReadText(*text);
  }
  Read<Timestamp> ReadText(std::string_view input) const override {
    auto timestamp = ParseTimestamp(input);
    if (timestamp) return *timestamp;
    if (timestamp.error() == TimeFault::kPrecision) {
      return Wrong(Detail::kPrecision, "must have at most 6 decimals of a second");
    }
    return Wrong(Detail::kFormat, kForm);
  }
  FieldErrors Check(Timestamp value) const override {
    return range_.Check(value, AsText, "must not be before ", "must not be after ");
  }
  void Write(Timestamp value, json::Writer& out) const override {
    char text[kTimestampLength + 2];
    text[0] = text[kTimestampLength + 1] = '"';
    FormatTimestamp(value, text + 1);
    out.Raw({text, sizeof text});
  }

 private:
  Range<Timestamp> range_;
};

std::expected<Timestamp, std::string> ParseBound(std::string_view text) {
  if (auto timestamp = ParseTimestamp(text)) return *timestamp;
  return std::unexpected(kForm);
}

}  // namespace

FieldType DatetimeType() {
  return {.name = "datetime",
          .doc = "A point in time of RFC 3339, kept in UTC to the microsecond; finer input is refused.",
          .json = "string",
          .takes = "min max",
          .make = [](const Parameters& parameters) {
            ParameterReader reader(parameters, DatetimeType());
            auto range = reader.ReadRange<Timestamp>(ParseBound);
            return reader.Finish<Datetime>(range);
          }};
}

}  // namespace ashlar::types
