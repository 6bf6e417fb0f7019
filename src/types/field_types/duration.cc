// SPDX-License-Identifier: Apache-2.0
#include "types/datetime.h"

#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"

namespace ashlar::types {
namespace {

constexpr const char* kForm = "must be a duration such as P1DT2H30M";

class DurationOf final : public TypedOver<Duration> {
 public:
  explicit DurationOf(Range<Duration> range)
      : range_{range.min.value_or(Duration{-kLongestDuration.micros}), range.max.value_or(kLongestDuration)} {}

  std::string_view name() const override { return "duration"; }
  std::string text() const override { return "duration"; }
  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "string");
    out.Field("format", "duration");
    out.Field("maxLength", 64);
  }
  json::Json Example() const override { return json::Json(FormatDuration(range_.Clamp({90 * 60 * kMicrosPerSecond}))); }

 protected:
  Read<Duration> ReadJson(const json::Json& input) const override {
    auto text = TextOf(input);
    if (!text) return std::unexpected(std::move(text).error());
    return ReadText(*text);
  }
  Read<Duration> ReadText(std::string_view input) const override {
    auto duration = ParseDuration(input);
    if (duration) return *duration;
    switch (duration.error()) {
      case TimeFault::kForm: break;
      case TimeFault::kPrecision: return Wrong(Detail::kPrecision, "must have at most 6 decimals of a second");
      case TimeFault::kRange: return std::unexpected(range_.Beyond(input.starts_with('-'), FormatDuration));
    }
    return Wrong(Detail::kFormat, kForm);
  }
  FieldErrors Check(Duration value) const override { return range_.Check(value, FormatDuration); }
  void Write(Duration value, json::Writer& out) const override { out.String(FormatDuration(value)); }

 private:
  Range<Duration> range_;
};

std::expected<Duration, std::string> ParseBound(std::string_view text) {
  if (auto duration = ParseDuration(text)) return *duration;
  return std::unexpected(kForm);
}

}  // namespace

FieldType DurationType() {
  return {.name = "duration",
          .doc = "A length of time of ISO 8601 in weeks, days, hours, minutes and seconds, to the microsecond.",
          .json = "string",
          .takes = "min max",
          .make = [](const Parameters& parameters) {
            ParameterReader reader(parameters, DurationType());
            auto range = reader.ReadRange<Duration>(ParseBound);
            return reader.Finish<DurationOf>(range);
          }};
}

}  // namespace ashlar::types
