// SPDX-License-Identifier: Apache-2.0
#include "base/near.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

constexpr size_t kMostParts = 4;

// Kinds whose texts hold no comma, so that "1,17" says which part is which.
bool CanBePart(const model::Field& field) {
  if (field.computed) return false;
  if (field.relation.valid()) return true;
  switch (field.type->kind()) {
    case types::Kind::kInt64:
    case types::Kind::kUuid:
    case types::Kind::kDate: return true;
    case types::Kind::kText: return !field.type->constants().empty();
    case types::Kind::kBool:
    case types::Kind::kFloat64:
    case types::Kind::kDecimal:
    case types::Kind::kBytes:
    case types::Kind::kTimestamp:
    case types::Kind::kDuration:
    case types::Kind::kJson:
    case types::Kind::kList: break;
  }
  return false;
}

void ReadPart(Draft& draft, const ResourceDraft& source, const Node& item, model::Resource& resource) {
  const FieldDraft* part = source.Find(item.text);
  if (part == nullptr && source.open) return;
  if (part == nullptr) {
    std::vector<std::string> names;
    for (const FieldDraft& field : source.fields) names.push_back(field.name());
    draft.mistakes.Suggest(item.place, Problem::kFieldUnknown, item.filled ? "" : Near(item.text, names), source.name(),
                           item.Shown());
    return;
  }
  // A to-many leads to what refers to this, which nothing may: that is told there.
  if (part->wrong || !part->field.valid()) return;
  if (!CanBePart(resource.field(part->field))) {
    draft.mistakes.Add(item.place, Problem::kIdPartKind, item.Shown());
    return;
  }
  if (std::ranges::find(resource.key, part->field) != resource.key.end()) {
    draft.mistakes.Add(item.place, Problem::kRepeated, item.Shown());
    return;
  }
  model::Field& field = resource.fields[part->field.index()];
  if (!field.required) draft.mistakes.Add(item.place, Problem::kIdPartOptional, item.Shown());
  for (std::string_view key : {"read", "writeOnly"}) {
    bool guarded = key == "read" ? part->Value(key) != nullptr : part->Flag(key);
    if (guarded) draft.mistakes.Add(part->members->Find(key)->place, Problem::kIdPartGuarded, item.Shown());
  }
  field.immutable = true;
  resource.key.push_back(part->field);
}

}  // namespace

void ReadIds(Draft& draft) {
  for (size_t i = 0; i < draft.resources.size(); ++i) {
    const ResourceDraft& source = draft.resources[i];
    if (draft.resource(i).id_kind != model::IdKind::kComposite) continue;
    const Node& id = *source.Value("id");
    if (id.items.size() < 2 || id.items.size() > kMostParts) {
      draft.mistakes.Add(id.place, Problem::kIdKind);
      continue;
    }
    for (const Node& item : id.items) {
      if (!item.unset) ReadPart(draft, source, item, draft.resource(i));
    }
  }
}

}  // namespace ashlar::contract
