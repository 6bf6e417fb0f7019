// SPDX-License-Identifier: Apache-2.0
#include "plan/rules.h"

#include "model/reach.h"

namespace ashlar::plan {

using cel::ExprPtr;

Rules::Rules(const model::Service& service, const call::Caller& caller, int64_t now_micros)
    : service_(service), caller_(caller) {
  bindings_.principal = caller.kind == call::Caller::Kind::kPrincipal ? &caller.principal : nullptr;
  bindings_.now_micros = now_micros;
}

ExprPtr Rules::Folded(const ExprPtr& rule) const {
  if (rule == nullptr || caller_.is_operator()) return cel::True();
  return cel::FoldCondition(rule, bindings_);
}

ExprPtr Rules::Access(const model::Resource& resource, ExprPtr model::Access::* rule) const {
  if (caller_.bounds != nullptr && !caller_.bounds->Opens(resource.id, rule)) return cel::False();
  return Folded(resource.access.*rule);
}

ExprPtr Rules::Gate(const model::Resource& resource, model::OperationKind kind) const {
  if (caller_.bounds == nullptr) return Folded(model::GateOf(resource, kind));
  return Folded(model::GateOf(caller_.bounds->Narrowed(resource), kind));
}

ExprPtr Rules::Read(const model::Field& field) const {
  return field.write_only ? cel::False() : Folded(field.read);  // not even the operator
}

ExprPtr Rules::Write(const model::Field& field) const { return Folded(field.write); }

call::ApiError Rules::Denied(std::string_view what) const {
  if (caller_.anonymous()) return {call::Code::kUnauthenticated, fmt::format("{} needs a credential", what), {}};
  return {call::Code::kForbidden, fmt::format("{} is not allowed", what), {}};
}

call::ApiError Rules::DeniedField(std::string_view name) const {
  if (caller_.anonymous()) {
    return {call::Code::kUnauthenticated, fmt::format("field '{}' needs a credential", name), {}};
  }
  return {call::Code::kForbidden, fmt::format("field '{}' is not allowed here", name), {}};
}

ExprPtr Rules::Guarded(const ExprPtr& expr) const {
  if (caller_.is_operator()) return expr;
  auto crossing = [this](model::ResourceId resource, model::RelationId id) {
    const model::Relation& relation = service_.resource(resource).relation(id);
    return cel::Crossing{relation.target, relation.through ? relation.through->resource : model::ResourceId{}};
  };
  auto guard = [this](model::ResourceId resource) -> ExprPtr {
    ExprPtr rule = Access(service_.resource(resource), &model::Access::list);
    return cel::IsTrue(rule) ? nullptr : rule;
  };
  return cel::Guard(expr, crossing, guard);
}

ExprPtr RowAt(model::ResourceId resource, int slot) {
  cel::Type type;
  type.tag = cel::Type::Tag::kRow;
  type.resource = resource;
  return std::make_shared<const cel::Expr>(cel::Expr{type, cel::Variable{slot}});
}

ExprPtr FieldOf(const model::Resource& resource, model::FieldId id, ExprPtr row) {
  return std::make_shared<const cel::Expr>(cel::Expr{resource.field(id).cel_type, cel::Field{std::move(row), id}});
}

ExprPtr MakeCall(cel::Op op, std::vector<ExprPtr> arguments) {
  cel::Type type;
  type.tag = cel::Type::Tag::kBool;
  return std::make_shared<const cel::Expr>(cel::Expr{type, cel::Call{op, std::move(arguments)}});
}

ExprPtr LiteralFor(const model::Field& field, types::Value value) {
  cel::Type type = field.cel_type;
  type.nullable = value.is_null();
  return cel::MakeLiteral(std::move(value), std::move(type));
}

ExprPtr KeyIs(const model::Resource& resource, const types::Values& key) {
  ExprPtr all;
  ExprPtr row = RowAt(resource.id, 0);
  for (size_t i = 0; i < key.size(); ++i) {
    const model::Field& field = resource.field(resource.key[i]);
    all =
        cel::And(all, MakeCall(cel::Op::kEqual, {FieldOf(resource, resource.key[i], row), LiteralFor(field, key[i])}));
  }
  return all;
}

}  // namespace ashlar::plan
