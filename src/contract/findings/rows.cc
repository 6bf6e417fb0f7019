// SPDX-License-Identifier: Apache-2.0
// Findings about what the rows of a resource would come to.
#include "contract/findings/findings.h"
#include "contract/findings/words.h"

namespace ashlar::contract {
namespace {

constexpr int kLargePage = 1000;

// The required to-one relations of a resource.
std::vector<const model::Relation*> NeedsOf(const model::Resource& resource) {
  std::vector<const model::Relation*> needs;
  for (const model::Relation& relation : resource.relations) {
    if (!relation.to_many && resource.field(relation.local).required) needs.push_back(&relation);
  }
  return needs;
}

// Whether a row of `from` needs a row of `to` to be there first, over however many others.
bool Needs(const model::Service& service, model::ResourceId from, model::ResourceId to) {
  std::set<model::ResourceId> seen = {from};
  std::vector<model::ResourceId> waiting = {from};
  while (!waiting.empty()) {
    const model::Resource& resource = service.resource(waiting.back());
    waiting.pop_back();
    for (const model::Relation* relation : NeedsOf(resource)) {
      if (relation->target == to) return true;
      if (seen.insert(relation->target).second) waiting.push_back(relation->target);
    }
  }
  return false;
}

}  // namespace

void FindLargePages(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft&) {
    if (resource.page_max <= kLargePage) return;
    review.TellAtKey(resource, "page",
                     fmt::format("a page of '{}' may have {} rows", resource.name, resource.page_max));
  });
}

void FindFreedUniques(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft&) {
    if (!resource.soft_delete || cel::IsFalse(resource.access.restore)) return;
    for (const std::vector<model::FieldId>& unique : resource.uniques) {
      std::vector<std::string> names;
      for (model::FieldId field : unique) names.push_back(fmt::format("'{}'", resource.field(field).declared));
      review.TellOfField(resource, resource.field(unique.front()).declared,
                         fmt::format("{} of a deleted '{}' may be taken by another, and then it cannot be restored",
                                     Listed(names), resource.name));
    }
  });
}

void FindKeptIds(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft&) {
    bool chosen = resource.id_kind == model::IdKind::kString || resource.id_kind == model::IdKind::kComposite;
    if (!resource.soft_delete || !chosen) return;
    review.TellAtKey(resource, "id", fmt::format("the id of a deleted '{}' is never free again", resource.name));
  });
}

void FindUncreatable(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft&) {
    if (cel::IsFalse(resource.access.create)) return;
    for (const model::Field& field : resource.fields) {
      bool given = field.system != model::SystemField::kNone || field.default_value != nullptr ||
                   field.type->kind() == types::Kind::kList;
      if (given || !field.required || !field.read_only) continue;
      review.TellOfField(resource, field.declared,
                         fmt::format("no request can create a '{}': '{}' is required, readOnly and without a default",
                                     resource.name, field.declared));
    }
  });
}

void FindCircles(Review& review) {
  std::set<model::ResourceId> told;
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft&) {
    const model::Service& service = review.service();
    if (told.contains(resource.id)) return;
    for (const model::Relation* relation : NeedsOf(resource)) {
      bool itself = relation->target == resource.id;
      if (!itself && !Needs(service, relation->target, resource.id)) continue;
      const std::string& needed = service.resource(relation->target).name;
      review.TellOfField(resource, relation->name,
                         fmt::format("no row of '{}' can be the first: '{}' needs a '{}'{}", resource.name,
                                     relation->name, needed, itself ? "" : ", and that one a '" + resource.name + "'"));
      for (const model::Resource& other : service.resources) {
        if (Needs(service, resource.id, other.id) && Needs(service, other.id, resource.id)) told.insert(other.id);
      }
      return;
    }
  });
}

}  // namespace ashlar::contract
