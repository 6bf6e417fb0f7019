// SPDX-License-Identifier: Apache-2.0
#include "base/near.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

std::vector<std::string> FieldNamesOf(const ResourceDraft& resource) {
  std::vector<std::string> names;
  for (const FieldDraft& field : resource.fields) names.push_back(field.name());
  return names;
}

std::vector<std::string> ResourceNames(const Draft& draft) {
  std::vector<std::string> names;
  for (const ResourceDraft& resource : draft.resources) names.push_back(resource.name());
  return names;
}

std::string SuggestionFor(const Node& node, std::span<const std::string> names) {
  return node.filled ? "" : Near(node.text, names);
}

// The to-one of `target` that leads to `resource`; null after telling that there is none.
const FieldDraft* FindVia(Draft& draft, const Node& via, const model::Resource& resource, model::ResourceId target) {
  const ResourceDraft& source = draft.resources[target.index()];
  const FieldDraft* field = source.Find(via.text);
  if (field == nullptr && source.open) return nullptr;
  if (field == nullptr) {
    draft.mistakes.Suggest(via.place, Problem::kFieldUnknown, SuggestionFor(via, FieldNamesOf(source)), source.name(),
                           via.Shown());
    return nullptr;
  }
  if (field->wrong) return nullptr;
  const model::Resource& other = draft.service->resource(target);
  model::RelationId relation = field->field.valid() ? other.field(field->field).relation : model::RelationId{};
  if (!relation.valid()) {
    draft.mistakes.Add(via.place, Problem::kViaNotRelation, via.Shown(), source.name());
    return nullptr;
  }
  model::ResourceId leads_to = other.relation(relation).target;
  if (leads_to != resource.id) {
    draft.mistakes.Add(via.place, Problem::kViaElsewhere, via.Shown(), source.name(),
                       draft.service->resource(leads_to).name, resource.name);
    return nullptr;
  }
  return field;
}

model::ResourceId FindNamed(Draft& draft, const Node& name) {
  model::ResourceId found = draft.service->FindResource(name.text);
  if (!found.valid()) {
    draft.mistakes.Suggest(name.place, Problem::kResourceUnknown, SuggestionFor(name, ResourceNames(draft)),
                           name.Shown());
  }
  return found;
}

// The keys of the to-ones of a join resource that lead to `target`, but for `except`.
std::vector<const model::Field*> KeysTo(const model::Resource& join, model::ResourceId target, model::FieldId except) {
  std::vector<const model::Field*> keys;
  for (const model::Relation& relation : join.relations) {
    if (!relation.to_many && relation.target == target && relation.local != except) {
      keys.push_back(&join.field(relation.local));
    }
  }
  return keys;
}

// The one key of a join resource that leads to `target`; invalid after telling that there is none, or several.
model::FieldId FindSide(Draft& draft, const Node& through, const model::Resource& join, const model::Resource& target,
                        model::FieldId except, Problem several) {
  std::vector<const model::Field*> keys = KeysTo(join, target.id, except);
  if (keys.size() == 1) return join.FindField(keys[0]->name);
  const ResourceDraft& source = draft.resources[join.id.index()];
  bool told = source.open || std::ranges::any_of(source.fields, &FieldDraft::wrong);
  if (keys.empty()) {
    if (!told) draft.mistakes.Add(through.place, Problem::kThroughSide, join.name, target.name);
    return {};
  }
  std::vector<std::string_view> names;
  for (const model::Field* key : keys) names.push_back(key->declared);
  draft.mistakes.Add(through.place, several, join.name, target.name, fmt::format("{}", fmt::join(names, ", ")));
  return {};
}

// What stands between the two sides of a many-to-many.
std::optional<model::Through> ReadThrough(Draft& draft, const FieldDraft& field, const model::Resource& resource,
                                          model::ResourceId target) {
  const Node& through = *field.Value("through");
  model::ResourceId id = FindNamed(draft, through);
  if (!id.valid()) return std::nullopt;
  const model::Resource& join = draft.service->resource(id);
  model::Through found{.resource = id, .near = {}, .far = {}};
  if (const Node* via = field.Value("via")) {
    const FieldDraft* near = FindVia(draft, *via, resource, id);
    if (near != nullptr) found.near = near->field;
  } else {
    found.near = FindSide(draft, through, join, resource, {}, Problem::kThroughNear);
  }
  if (!found.near.valid()) return std::nullopt;
  const model::Resource& other = draft.service->resource(target);
  found.far = FindSide(draft, through, join, other, found.near, Problem::kThroughFar);
  return found.far.valid() ? std::optional(found) : std::nullopt;
}

bool ReadInverse(Draft& draft, const FieldDraft& field, model::Resource& resource) {
  model::Relation relation;
  relation.name = field.name();
  relation.to_many = true;
  relation.local = model::FieldId{0};
  relation.description = field.members->Text("description");
  relation.target = FindNamed(draft, *field.Value("many"));
  if (!relation.target.valid()) return false;
  if (field.Value("through") != nullptr) {
    relation.remote = model::FieldId{0};
    relation.through = ReadThrough(draft, field, resource, relation.target);
    if (!relation.through) return false;
  } else {
    const FieldDraft* via = FindVia(draft, *field.Value("via"), resource, relation.target);
    if (via == nullptr) return false;
    relation.remote = via->field;
  }
  resource.relations.push_back(std::move(relation));
  return true;
}

}  // namespace

void ReadInverses(Draft& draft) {
  for (size_t i = 0; i < draft.resources.size(); ++i) {
    for (FieldDraft& field : draft.resources[i].fields) {
      if (field.Value("many") == nullptr || field.wrong) continue;
      field.wrong = !ReadInverse(draft, field, draft.resource(i));
      if (field.wrong) draft.wrong_names.insert(field.name());
    }
  }
}

}  // namespace ashlar::contract
