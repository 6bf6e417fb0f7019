// SPDX-License-Identifier: Apache-2.0
#include "contract/expr_walk.h"

namespace ashlar::contract {
namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

bool IsOwnRow(const cel::ExprPtr& row) {
  const auto* variable = row == nullptr ? nullptr : row->get<cel::Variable>();
  return variable != nullptr && variable->slot == 0;
}

void Collect(const cel::Expr& expr, const model::Resource& resource, std::set<model::FieldId>& found) {
  if (const auto* field = expr.get<cel::Field>(); field != nullptr && IsOwnRow(field->row)) {
    found.insert(field->field);
    const std::optional<model::Computed>& computed = resource.field(field->field).computed;
    if (computed) found.insert(computed->inputs.begin(), computed->inputs.end());
  } else if (const auto* relation = expr.get<cel::Relation>(); relation != nullptr && IsOwnRow(relation->row)) {
    const model::Relation& crossed = resource.relation(relation->relation);
    if (!crossed.to_many) found.insert(crossed.local);
  }
  ForEachPart(expr, [&](const cel::Expr& part) { Collect(part, resource, found); });
}

void CollectScopes(const cel::Expr& expr, std::set<std::string>& found) {
  const auto* call = expr.get<cel::Call>();
  const auto* name =
      call != nullptr && call->op == cel::Op::kHasScope ? call->arguments[0]->get<cel::Literal>() : nullptr;
  const auto* text = name == nullptr ? nullptr : name->value.get<std::string>();
  if (text != nullptr) found.insert(*text);
  ForEachPart(expr, [&](const cel::Expr& part) { CollectScopes(part, found); });
}

}  // namespace

void ForEachPart(const cel::Expr& expr, const std::function<void(const cel::Expr&)>& visit) {
  auto see = [&](const cel::ExprPtr& part) {
    if (part != nullptr) visit(*part);
  };
  auto see_all = [&](const std::vector<cel::ExprPtr>& parts) {
    for (const cel::ExprPtr& part : parts) see(part);
  };
  std::visit(Overloaded{
                 [](const cel::Literal&) {},
                 [](const cel::Failure&) {},
                 [](const cel::Variable&) {},
                 [](const cel::Auth&) {},
                 [](const cel::Now&) {},
                 [&](const cel::Field& field) { see(field.row); },
                 [&](const cel::Relation& relation) {
                   see(relation.row), see(relation.guard.rule), see(relation.between.rule);
                 },
                 [&](const cel::Call& call) { see_all(call.arguments); },
                 [&](const cel::ListOf& list) { see_all(list.items); },
                 [&](const cel::Comprehension& comprehension) { see(comprehension.range), see(comprehension.body); },
             },
             expr.node);
}

std::set<model::FieldId> OwnFields(const cel::Expr& expr, const model::Resource& resource) {
  std::set<model::FieldId> found;
  Collect(expr, resource, found);
  return found;
}

std::set<std::string> AskedScopes(const model::Service& service) {
  std::set<std::string> found;
  auto look = [&](const cel::ExprPtr& rule) {
    if (rule != nullptr) CollectScopes(*rule, found);
  };
  for (const model::Resource& resource : service.resources) {
    const model::Access& access = resource.access;
    for (const cel::ExprPtr& rule : {access.list, access.get, access.create, access.update_before, access.update_after,
                                     access.remove, access.restore, access.history, access.purge}) {
      look(rule);
    }
    for (const model::Field& field : resource.fields) look(field.read), look(field.write);
  }
  return found;
}

void ForEachAst(const cel::Ast& ast, const std::function<void(const cel::Ast&)>& visit) {
  visit(ast);
  for (const cel::Ast& child : ast.children) ForEachAst(child, visit);
}

}  // namespace ashlar::contract
