// SPDX-License-Identifier: Apache-2.0
#include "model/service.h"

namespace ashlar::model {
namespace {

template <class IdType, class Items, class Match>
IdType FindIn(const Items& items, Match match) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (match(items[i])) return IdType{static_cast<uint32_t>(i)};
  }
  return {};
}

cel::Type RowType(const Relation& relation, bool required) {
  cel::Type type;
  type.tag = relation.to_many ? cel::Type::Tag::kRows : cel::Type::Tag::kRow;
  type.nullable = !relation.to_many && !required;
  type.resource = relation.target;
  return type;
}

}  // namespace

std::string_view NameOf(OperationKind kind) {
  switch (kind) {
    case OperationKind::kList: return "list";
    case OperationKind::kCreate: return "create";
    case OperationKind::kGet: return "get";
    case OperationKind::kUpdate: return "update";
    case OperationKind::kReplace: return "replace";
    case OperationKind::kDelete: return "delete";
    case OperationKind::kRestore: return "restore";
    case OperationKind::kHistory: return "history";
    case OperationKind::kAggregate: return "aggregate";
  }
  return "";
}

bool Writes(OperationKind kind) {
  switch (kind) {
    case OperationKind::kList:
    case OperationKind::kGet:
    case OperationKind::kHistory:
    case OperationKind::kAggregate: return false;
    case OperationKind::kCreate:
    case OperationKind::kUpdate:
    case OperationKind::kReplace:
    case OperationKind::kDelete:
    case OperationKind::kRestore: return true;
  }
  return false;
}

FieldId Resource::FindField(std::string_view json_name) const {
  return FindIn<FieldId>(fields, [&](const Field& f) { return f.name == json_name; });
}

RelationId Resource::FindRelation(std::string_view relation_name) const {
  return FindIn<RelationId>(relations, [&](const Relation& r) { return r.name == relation_name; });
}

FieldId Resource::FindSystem(SystemField which) const {
  return FindIn<FieldId>(fields, [&](const Field& f) { return f.system == which; });
}

ResourceId Service::FindResource(std::string_view resource_name) const {
  return FindIn<ResourceId>(resources, [&](const Resource& r) { return r.name == resource_name; });
}

OperationId Service::FindOperation(ResourceId resource, OperationKind kind) const {
  return FindIn<OperationId>(operations, [&](const Operation& o) { return o.resource == resource && o.kind == kind; });
}

const Role* Service::FindRole(std::string_view role_name) const {
  for (const Role& role : roles) {
    if (role.name == role_name) return &role;
  }
  return nullptr;
}

std::vector<const Field*> Service::KeysOf(const Resource& owner, const Relation& relation) const {
  if (const Resource* between = Between(relation)) {
    return {&between->field(relation.through->near), &between->field(relation.through->far)};
  }
  if (relation.to_many) return {&resource(relation.target).field(relation.remote)};
  return {&owner.field(relation.local)};
}

std::optional<cel::Schema::Member> Service::Find(ResourceId resource_id, std::string_view member_name) const {
  const Resource& owner = resource(resource_id);
  Member member;
  if (FieldId field = owner.FindField(member_name); field.valid()) {
    member.field = field;
    member.type = owner.field(field).cel_type;
    return member;
  }
  RelationId relation = owner.FindRelation(member_name);
  if (!relation.valid()) return std::nullopt;
  const Relation& found = owner.relation(relation);
  member.kind = found.to_many ? Member::Kind::kToMany : Member::Kind::kToOne;
  member.relation = relation;
  member.type = RowType(found, !found.to_many && owner.field(found.local).required);
  return member;
}

std::vector<std::string> Service::Names(ResourceId resource_id) const {
  std::vector<std::string> names;
  for (const Field& field : resource(resource_id).fields) names.push_back(field.name);
  for (const Relation& relation : resource(resource_id).relations) names.push_back(relation.name);
  return names;
}

cel::Weight Service::WeightOf(ResourceId resource_id, FieldId which) const {
  const Field& field = resource(resource_id).field(which);
  return field.computed ? field.computed->weight : cel::Weight{};
}

}  // namespace ashlar::model
