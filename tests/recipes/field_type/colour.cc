// SPDX-License-Identifier: Apache-2.0
// What would stand in src/types/field_types/colour.cc, there in namespace types.
#include "recipes/field_type/colour.h"

#include "base/hex.h"
#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"

namespace ashlar::recipes {
namespace {

using types::Detail;

constexpr const char* kForm = "must be a colour such as #1e90ff";

class Colour final : public types::TypedOver<std::string> {
 public:
  std::string_view name() const override { return "colour"; }
  std::string text() const override { return "colour"; }
  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "string");
    out.Field("pattern", "^#[0-9A-Fa-f]{6}$");
  }
  json::Json Example() const override { return json::Json(std::string("#1e90ff")); }

 protected:
  Read<std::string> ReadJson(const json::Json& input) const override {
    auto text = types::TextOf(input);
    if (!text) return std::unexpected(std::move(text).error());
    return ReadText(*text);
  }
  Read<std::string> ReadText(std::string_view input) const override {
    bool form = input.size() == 7 && input.starts_with('#') &&
                std::ranges::all_of(input.substr(1), [](char c) { return HexDigit(c) >= 0; });
    if (!form) return types::Wrong(Detail::kFormat, kForm);
    std::string folded(input);
    for (char& c : folded) c = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    return folded;
  }
  types::FieldErrors Check(std::string_view value) const override {
    auto read = ReadText(value);
    if (!read) return {std::move(read).error()};
    if (*read != value) return {{"", Detail::kFormat, "must be in lower case"}};
    return {};
  }
  void Write(std::string_view value, json::Writer& out) const override { out.String(value); }
};

}  // namespace

types::FieldType ColourType() {
  return {.name = "colour",
          .doc = "#rrggbb, kept in lower case.",
          .json = "string",
          .takes = "",
          .make = [](const types::Parameters& parameters) {
            return types::ParameterReader(parameters, ColourType()).Finish<Colour>();
          }};
}

}  // namespace ashlar::recipes
