// SPDX-License-Identifier: Apache-2.0
#include "model/row_id.h"

namespace ashlar::model {
namespace {

constexpr std::string_view kNeverIds[] = {"aggregate", "changes", "history", "restore"};

// One part of an id, in its only spelling: what FormatId writes. A number has no leading zeros or plus sign.
std::optional<types::Value> ParsePart(const Field& field, std::string_view text) {
  auto value = field.type->ParseText(text);
  if (!value) return std::nullopt;
  if (!field.type->Validate(*value).empty()) return std::nullopt;
  if (const auto* number = value->get<int64_t>(); number != nullptr && std::to_string(*number) != text) {
    return std::nullopt;
  }
  return *std::move(value);
}

void AppendPart(const Field& field, const types::Value& value, std::string& out) {
  if (const auto* text = value.get<std::string>()) {
    out += *text;
    return;
  }
  const size_t begin = out.size();
  json::Writer writer(out);
  field.type->Format(value, writer);
  if (out.size() < begin + 2 || out[begin] != '"') return;
  out.pop_back();
  out.erase(begin, 1);
}

}  // namespace

bool IsReservedId(std::string_view text) { return std::ranges::find(kNeverIds, text) != std::end(kNeverIds); }

std::optional<types::Values> ParseId(const Service& service, const Resource& resource, std::string_view text) {
  if (IsReservedId(text)) return std::nullopt;
  types::Values key;
  for (size_t i = 0; i < resource.key.size(); ++i) {
    bool last = i + 1 == resource.key.size();
    size_t end = last ? text.size() : text.find(',');
    if (end == std::string_view::npos) return std::nullopt;
    auto part = ParsePart(resource.field(resource.key[i]), text.substr(0, end));
    if (!part) return std::nullopt;
    key.push_back(*std::move(part));
    text.remove_prefix(last ? end : end + 1);
  }
  return key;
}

std::string FormatId(const Resource& resource, const types::Values& key) {
  std::string out;
  for (size_t i = 0; i < resource.key.size(); ++i) {
    if (i > 0) out += ',';
    AppendPart(resource.field(resource.key[i]), key[i], out);
  }
  return out;
}

}  // namespace ashlar::model
