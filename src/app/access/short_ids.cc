// SPDX-License-Identifier: Apache-2.0
#include "app/access/short_ids.h"

#include "base/crypto/sha256.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

bool IsUuid(const model::Field& field) { return field.type->kind() == types::Kind::kUuid; }

}  // namespace

// A uuid of version 8 (RFC 9562, 5.8): what is made of a name by one's own rule.
types::Uuid ShortIds::Of(std::string_view name) {
  if (auto uuid = types::ParseUuid(name)) return *uuid;
  Digest digest = Sha256(fmt::format("ashlar test id {}", name));
  types::Uuid uuid;
  std::copy_n(digest.begin(), uuid.bytes.size(), uuid.bytes.begin());
  uuid.bytes[6] = static_cast<uint8_t>((uuid.bytes[6] & 0x0f) | 0x80);
  uuid.bytes[8] = static_cast<uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);
  names_.emplace(types::FormatUuid(uuid), name);
  return uuid;
}

std::string ShortIds::TextOf(std::string_view name) { return types::FormatUuid(Of(name)); }

void ShortIds::PutIn(const model::Resource& resource, json::Json& fields) {
  auto* object = std::get_if<json::Object>(&fields.value);
  if (object == nullptr) return;
  for (json::Member& member : *object) {
    model::FieldId field = resource.FindField(member.name);
    if (!field.valid() || !IsUuid(resource.field(field))) continue;
    if (const auto* text = member.value.string()) {
      member.value = json::Json(TextOf(*text));
    } else if (const auto* number = member.value.number()) {
      member.value = json::Json(TextOf(number->token));
    }
  }
}

// Of a composite id, the parts that are uuids.
std::string ShortIds::KeyOf(const model::Resource& resource, const std::string& id) {
  std::string key;
  std::string_view rest = id;
  for (size_t i = 0; i < resource.key.size(); ++i) {
    bool last = i + 1 == resource.key.size();
    std::string_view part = last ? rest : rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    bool uuid = IsUuid(resource.field(resource.key[i]));
    key += fmt::format("{}{}", i == 0 ? "" : ",", uuid ? TextOf(part) : std::string(part));
  }
  return key;
}

void ShortIds::PutIn(const model::Resource& resource, bool row, http::Request& request) {
  if (row) request.segments[2] = KeyOf(resource, request.segments[2]);
  for (auto& [name, value] : request.query) {
    model::FieldId field = resource.FindField(std::string_view(name).substr(0, name.find('[')));
    if (!field.valid() || !IsUuid(resource.field(field)) || name.ends_with("[isNull]")) continue;
    std::string put;
    for (std::string_view rest = value; !rest.empty();) {
      std::string_view one = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      put += fmt::format("{}{}", put.empty() ? "" : ",", TextOf(one));
    }
    value = std::move(put);
  }
}

std::string ShortIds::NameOf(std::string_view id) const {
  std::string name;
  for (bool first = true; first || !id.empty(); first = false) {
    std::string_view part = id.substr(0, id.find(','));
    id.remove_prefix(std::min(id.size(), part.size() + 1));
    auto found = names_.find(part);
    name += fmt::format("{}{}", first ? "" : ",", found == names_.end() ? part : std::string_view(found->second));
  }
  return name;
}

}  // namespace ashlar::app
