// SPDX-License-Identifier: Apache-2.0
#include "plan/meant.h"

#include "base/near.h"

namespace ashlar::plan {
namespace {

std::string Ask(const std::string& near) { return near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near); }

template <class Named>
std::string Nearest(const std::vector<Named>& all, std::string_view name) {
  std::vector<std::string> names;
  for (const Named& one : all) names.push_back(one.name);
  return Ask(Near(name, names));
}

struct Foreign {
  std::string_view word, ours;
};

constexpr Foreign kParameters[] = {
    {"limit", "perPage"},    {"per_page", "perPage"}, {"pageSize", "perPage"}, {"page_size", "perPage"},
    {"pagesize", "perPage"}, {"size", "perPage"},     {"take", "perPage"},     {"first", "perPage"},
    {"last", "perPage"},     {"max", "perPage"},      {"count", "perPage"},    {"offset", "page"},
    {"skip", "page"},        {"start", "page"},       {"pageNumber", "page"},  {"cursor", "after"},
    {"order", "sort"},       {"orderBy", "sort"},     {"order_by", "sort"},    {"sortBy", "sort"},
    {"sort_by", "sort"},     {"ordering", "sort"},    {"where", "filter"},     {"query", "filter"},
    {"search", "q"},         {"expand", "include"},   {"embed", "include"},    {"populate", "include"},
    {"with", "include"},     {"field", "fields"},     {"columns", "fields"},
};

}  // namespace

std::string ConditionMeant(const model::Resource& resource, std::string_view name) {
  for (const Foreign& one : kParameters) {
    if (one.word == name) return fmt::format(" (did you mean the parameter '{}'?)", one.ours);
  }
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
