// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "types/field_types/parameter_reader.h"
#include "types/field_types/typed.h"

namespace ashlar::types {
namespace {

constexpr size_t kMaxConstants = 256;
constexpr size_t kMaxConstantSize = 63;

std::string Joined(std::span<const std::string> constants) {
  std::string text;
  for (const std::string& constant : constants) {
    if (!text.empty()) text += ", ";
    text += constant;
  }
  return text;
}

class Enum final : public TypedOver<std::string> {
 public:
  explicit Enum(std::vector<std::string> constants) : constants_(std::move(constants)) {}

  std::string_view name() const override { return "enum"; }
  std::string text() const override { return fmt::format("enum({})", Joined(constants_)); }
  std::span<const std::string> constants() const override { return constants_; }
  void JsonSchema(json::Writer& out) const override {
    out.Field("type", "string");
    out.Key("enum");
    out.BeginArray();
    for (const std::string& constant : constants_) out.String(constant);
    out.EndArray();
  }
  json::Json Example() const override { return json::Json(constants_.front()); }

 protected:
  Read<std::string> ReadJson(const json::Json& input) const override {
    auto text = TextOf(input);
    if (!text) return std::unexpected(std::move(text).error());
    return ReadText(*text);
  }
  Read<std::string> ReadText(std::string_view input) const override {
    if (FieldErrors errors = Check(input); !errors.empty()) return std::unexpected(errors.front());
    return std::string(input);
  }
  FieldErrors Check(std::string_view value) const override {
    if (std::ranges::find(constants_, value) != constants_.end()) return {};
    return {{"", Detail::kEnum, "must be one of: " + Joined(constants_)}};
  }
  void Write(std::string_view value, json::Writer& out) const override { out.String(value); }

 private:
  std::vector<std::string> constants_;
};

// A bare name in rules: an identifier of CEL that is no word of it.
bool IsConstant(std::string_view name) {
  constexpr std::array<std::string_view, 4> kWords = {"true", "false", "null", "in"};
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && name.size() <= kMaxConstantSize && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); }) &&
         std::ranges::find(kWords, name) == kWords.end();
}

}  // namespace

FieldType EnumType() {
  return {.name = "enum",
          .doc = "enum(a, b, c): one of these texts; in rules they are bare names.",
          .json = "string",
          .takes = "arguments",
          .make = [](const Parameters& parameters) {
            ParameterReader reader(parameters, EnumType());
            const auto& constants = parameters.arguments;
            if (constants.empty()) reader.Refuse("arguments", "must name at least one constant: enum(a, b)");
            if (constants.size() > kMaxConstants) {
              reader.Refuse("arguments", fmt::format("must not name more than {} constants", kMaxConstants));
            }
            std::set<std::string_view> seen;
            for (const std::string& constant : constants) {
              if (!IsConstant(constant)) {
                reader.Refuse("arguments", fmt::format("'{}' cannot be a constant: letters, digits and _, not "
                                                       "beginning with a digit, at most {}",
                                                       constant, kMaxConstantSize));
              } else if (!seen.insert(constant).second) {
                reader.Refuse("arguments", fmt::format("the constant '{}' stands twice", constant));
              }
            }
            return reader.Finish<Enum>(constants);
          }};
}

}  // namespace ashlar::types
