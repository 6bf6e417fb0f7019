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

bool ReadInverse(Draft& draft, const FieldDraft& field, model::Resource& resource) {
  const Node& many = *field.Value("many");
  model::ResourceId target = draft.service->FindResource(many.text);
  if (!target.valid()) {
    draft.mistakes.Suggest(many.place, Problem::kResourceUnknown, SuggestionFor(many, ResourceNames(draft)),
                           many.Shown());
    return false;
  }
  const FieldDraft* via = FindVia(draft, *field.Value("via"), resource, target);
  if (via == nullptr) return false;
  model::Relation relation;
  relation.name = field.name();
  relation.to_many = true;
  relation.target = target;
  relation.local = model::FieldId{0};
  relation.remote = via->field;
  relation.description = field.members->Text("description");
  resource.relations.push_back(std::move(relation));
  return true;
}

}  // namespace

void ReadInverses(Draft& draft) {
  for (size_t i = 0; i < draft.resources.size(); ++i) {
    for (FieldDraft& field : draft.resources[i].fields) {
      bool to_many = field.Value("many") != nullptr && field.Value("via") != nullptr;
      if (!to_many || field.wrong) continue;
      field.wrong = !ReadInverse(draft, field, draft.resource(i));
      if (field.wrong) draft.wrong_names.insert(field.name());
    }
  }
}

}  // namespace ashlar::contract
