// SPDX-License-Identifier: Apache-2.0
#include "types/uuid.h"

#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"

namespace ashlar::types {
namespace {

class UuidOf final : public TypedOver<Uuid> {
 public:
  std::string_view name() const override { return "uuid"; }
  std::string text() const override { return "uuid"; }
  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "string");
    out.Field("format", "uuid");
    out.Field("maxLength", static_cast<int64_t>(kUuidLength));
  }
  json::Json Example() const override { return json::Json(std::string("01976f3c-2a00-7000-8000-0000000000a1")); }

 protected:
  Read<Uuid> ReadJson(const json::Json& input) const override {
    auto text = TextOf(input);
    if (!text) return std::unexpected(std::move(text).error());
    return ReadText(*text);
  }
  Read<Uuid> ReadText(std::string_view input) const override {
    if (auto uuid = ParseUuid(input)) return *uuid;
    return Wrong(Detail::kFormat, "must be a UUID such as 01976f3c-2a00-7000-8000-0000000000a1");
  }
  FieldErrors Check(Uuid) const override { return {}; }
  void Write(Uuid value, json::Writer& out) const override {
    char text[kUuidLength + 2];
    text[0] = text[kUuidLength + 1] = '"';
    FormatUuid(value, text + 1);
    out.Raw({text, sizeof text});
  }
};

}  // namespace

FieldType UuidType() {
  return {
      .name = "uuid",
      .doc = "A UUID of RFC 9562; read in either case, written in lower case.",
      .json = "string",
      .takes = "",
      .make = [](const Parameters& parameters) { return ParameterReader(parameters, UuidType()).Finish<UuidOf>(); }};
}

}  // namespace ashlar::types
