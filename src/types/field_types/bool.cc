// SPDX-License-Identifier: Apache-2.0
#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"

namespace ashlar::types {
namespace {

class Bool final : public TypedOver<bool> {
 public:
  std::string_view name() const override { return "bool"; }
  std::string text() const override { return "bool"; }
  void JsonSchema(json::Writer& out) const override { out.Field("type", "boolean"); }
  json::Json Example() const override { return json::Json(true); }

 protected:
  Read<bool> ReadJson(const json::Json& input) const override {
    if (input.boolean() == nullptr) return Wrong(Detail::kWrongType, "must be true or false");
    return *input.boolean();
  }
  Read<bool> ReadText(std::string_view input) const override {
    if (input != "true" && input != "false") return Wrong(Detail::kFormat, "must be true or false");
    return input == "true";
  }
  FieldErrors Check(bool) const override { return {}; }
  void Write(bool value, json::Writer& out) const override { out.Bool(value); }
};

}  // namespace

FieldType BoolType() {
  return {.name = "bool",
          .doc = "true or false.",
          .json = "boolean",
          .takes = "",
          .make = [](const Parameters& parameters) { return ParameterReader(parameters, BoolType()).Finish<Bool>(); }};
}

}  // namespace ashlar::types
