// SPDX-License-Identifier: Apache-2.0
#include "base/json/json.h"

#include <fmt/format.h>

#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"

namespace ashlar::types {
namespace {

constexpr int64_t kDefaultMax = 64 << 10;

// The place of the first string or name with U+0000, which stores do not all keep. Documents are bounded in depth.
std::optional<std::string> FindNul(const json::Json& document) {
  if (const std::string* text = document.string()) {
    return text->contains('\0') ? std::optional<std::string>("") : std::nullopt;
  }
  if (const json::Array* array = document.array()) {
    for (size_t i = 0; i < array->size(); ++i) {
      if (auto place = FindNul((*array)[i])) return fmt::format("[{}]{}", i, *place);
    }
  } else if (const json::Object* object = document.object()) {
    for (const json::Member& member : *object) {
      if (member.name.contains('\0')) return "";
      if (auto place = FindNul(member.value)) return fmt::format(".{}{}", member.name, *place);
    }
  }
  return std::nullopt;
}

class JsonOf final : public TypedOver<JsonText> {
 public:
  explicit JsonOf(Length length) : length_(length) {}

  std::string_view name() const override { return "json"; }
  std::string text() const override { return "json"; }
  bool filterable() const override { return false; }
  bool sortable() const override { return false; }
  void JsonSchema(json::Writer&) const override {}
  json::Json Example() const override { return json::Json(json::Object{}); }

 protected:
  Read<JsonText> ReadJson(const json::Json& input) const override {
    if (auto place = FindNul(input)) {
      return std::unexpected(FieldError{*place, Detail::kFormat, "must not contain U+0000"});
    }
    return JsonText{json::ToText(input)};
  }
  Read<JsonText> ReadText(std::string_view) const override {
    return Wrong(Detail::kWrongType, "cannot be given as text");
  }
  FieldErrors Check(std::string_view value) const override { return length_.Check(value.size()); }
  void Write(std::string_view value, json::Writer& out) const override { out.Raw(value); }

 private:
  Length length_;
};

}  // namespace

FieldType JsonType() {
  return {.name = "json",
          .doc = "Any JSON, kept as compact text; max counts the bytes of that and is 65536 unless given.",
          .json = "any",
          .takes = "min max",
          .make = [](const Parameters& parameters) {
            ParameterReader reader(parameters, JsonType());
            Length length = reader.ReadLength(kDefaultMax, "byte");
            return reader.Finish<JsonOf>(length);
          }};
}

}  // namespace ashlar::types
