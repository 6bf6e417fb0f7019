// SPDX-License-Identifier: Apache-2.0
#include "plan/meant.h"

#include "base/near.h"
#include "call/foreign.h"

namespace ashlar::plan {
namespace {

std::string Ask(const std::string& near) { return near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near); }

template <class Named>
std::string Nearest(const std::vector<Named>& all, std::string_view name) {
  std::vector<std::string> names;
  for (const Named& one : all) names.push_back(one.name);
  return Ask(Near(name, names));
}

}  // namespace

std::string ConditionMeant(const model::Resource& resource, std::string_view name) {
  std::string_view parameter = call::ParameterFor(name);
  if (!parameter.empty()) return fmt::format(" (did you mean the parameter '{}'?)", parameter);
  return FieldMeant(resource, name);
}

std::string FieldMeant(const model::Resource& resource, std::string_view name) {
  model::RelationId relation = resource.FindRelation(name);
  if (relation.valid() && !resource.relation(relation).to_many) {
    return Ask(resource.field(resource.relation(relation).local).name);
  }
  return Nearest(resource.fields, name);
}

std::string RelationMeant(const model::Resource& resource, std::string_view name) {
  return Nearest(resource.relations, name);
}

}  // namespace ashlar::plan
