// SPDX-License-Identifier: Apache-2.0
#include "types/field_types/plain_text.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "types/field_types/parameter_reader.h"

namespace ashlar::types {

auto PlainText::ReadJson(const json::Json& input) const -> Read<std::string> {
  auto text = TextOf(input);
  if (!text) return std::unexpected(std::move(text).error());
  return std::string(*text);
}

auto PlainText::ReadText(std::string_view input) const -> Read<std::string> {
  if (!IsValidUtf8(input)) return Wrong(Detail::kFormat, "must be valid UTF-8");
  if (input.contains('\0')) return Wrong(Detail::kFormat, "must not contain U+0000");
  return std::string(input);
}

FieldErrors PlainText::Check(std::string_view value) const {
  FieldErrors errors;
  if (value.contains('\0')) errors.push_back({"", Detail::kFormat, "must not contain U+0000"});
  FieldErrors lengths = length_.Check(CountCodePoints(value));
  errors.insert(errors.end(), lengths.begin(), lengths.end());
  // Longer texts are refused already, and matching costs their length.
  if (lengths.empty() && pattern_ && !pattern_->MatchesWhole(value)) {
    errors.push_back({"", Detail::kPattern, fmt::format("must match {}", pattern_->pattern())});
  }
  return errors;
}

void PlainText::JsonSchema(json::Writer& out) const {
  out.Field("type", "string");
  if (length_.min > 0) out.Field("minLength", length_.min);
  out.Field("maxLength", length_.max);
  if (pattern_) out.Field("pattern", fmt::format("^(?:{})$", pattern_->pattern()));
}

json::Json PlainText::Example() const {
  std::string text = "text";
  text.resize(static_cast<size_t>(length_.Clamp(std::ssize(text))), 'x');
  return json::Json(text);
}

std::expected<TypePtr, std::vector<ParameterError>> MakePlainText(const Parameters& parameters, const FieldType& row,
                                                                  int64_t default_max) {
  ParameterReader reader(parameters, row);
  Length length = reader.ReadLength(default_max, "character");
  std::optional<Regex> pattern;
  if (parameters.pattern) {
    auto made = Regex::Make(*parameters.pattern);
    if (made) {
      pattern = std::move(*made);
    } else {
      reader.Refuse("pattern", std::move(made).error());
    }
  }
  return reader.Finish<PlainText>(row.name, length, std::move(pattern));
}

}  // namespace ashlar::types
