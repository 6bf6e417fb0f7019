// SPDX-License-Identifier: Apache-2.0
#include "types/datetime.h"

#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"

namespace ashlar::types {
namespace {

constexpr const char* kForm = "must be a date such as 2024-02-29";

class DateOf final : public TypedOver<Date> {
 public:
  explicit DateOf(Range<Date> range) : range_{range.min.value_or(kFirstDate), range.max.value_or(kLastDate)} {}

  std::string_view name() const override { return "date"; }
  std::string text() const override { return "date"; }
  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "string");
    out.Field("format", "date");
    out.Field("maxLength", 10);
  }
  json::Json Example() const override { return json::Json(FormatDate(range_.Clamp(FromCivil({2024, 2, 29})))); }

 protected:
  Read<Date> ReadJson(const json::Json& input) const override {
    auto text = TextOf(input);
    if (!text) return std::unexpected(std::move(text).error());
    return ReadText(*text);
  }
  Read<Date> ReadText(std::string_view input) const override {
    if (auto date = ParseDate(input)) return *date;
    return Wrong(Detail::kFormat, kForm);
  }
  FieldErrors Check(Date value) const override {
    return range_.Check(value, FormatDate, "must not be before ", "must not be after ");
  }
  void Write(Date value, json::Writer& out) const override { out.String(FormatDate(value)); }

 private:
  Range<Date> range_;
};

std::expected<Date, std::string> ParseBound(std::string_view text) {
  if (auto date = ParseDate(text)) return *date;
  return std::unexpected(kForm);
}

}  // namespace

FieldType DateType() {
  return {.name = "date",
          .doc = "A day of RFC 3339, of the years 0001 to 9999.",
          .json = "string",
          .takes = "min max",
          .make = [](const Parameters& parameters) {
            ParameterReader reader(parameters, DateType());
            auto range = reader.ReadRange<Date>(ParseBound);
            return reader.Finish<DateOf>(range);
          }};
}

}  // namespace ashlar::types
