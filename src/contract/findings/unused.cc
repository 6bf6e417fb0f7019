// SPDX-License-Identifier: Apache-2.0
// Findings about what is declared and asked for by nothing.
#include "contract/expr_walk.h"
#include "contract/findings/findings.h"

namespace ashlar::contract {
namespace {

struct Asked {
  std::set<std::string> roles;
  bool any = false;  // of the caller's roles as a list, or a role that is not written out

  void Note(const cel::ExprPtr& expr) {
    if (expr != nullptr) Walk(*expr);
  }

 private:
  void Walk(const cel::Expr& expr) {
    const auto* auth = expr.get<cel::Auth>();
    any = any || (auth != nullptr && auth->member == cel::Auth::Member::kRoles);
    if (const auto* call = expr.get<cel::Call>(); call != nullptr && call->op == cel::Op::kHasRole) {
      const auto* literal = call->arguments[0]->get<cel::Literal>();
      const std::string* role = literal == nullptr ? nullptr : literal->value.get<std::string>();
      if (role != nullptr) roles.insert(*role);
      any = any || role == nullptr;
    }
    ForEachPart(expr, [this](const cel::Expr& part) { Walk(part); });
  }
};

Asked AskedBy(const model::Service& service) {
  Asked asked;
  for (const model::Resource& resource : service.resources) {
    const model::Access& access = resource.access;
    for (const cel::ExprPtr* rule :
         {&access.list, &access.get, &access.create, &access.update_before, &access.update_after, &access.remove,
          &access.restore, &access.purge, &access.history}) {
      asked.Note(*rule);
    }
    for (const model::Field& field : resource.fields) {
      for (const cel::ExprPtr* expr : {&field.read, &field.write, &field.default_value}) asked.Note(*expr);
    }
  }
  return asked;
}

}  // namespace

void FindUnusedRoles(Review& review) {
  Asked asked = AskedBy(review.service());
  if (asked.any) return;
  for (const model::Role& role : review.service().roles) {
    auto is_asked = [&](const std::string& name) { return asked.roles.contains(name); };
    if (std::ranges::any_of(role.all, is_asked)) continue;
    review.TellOfRole(role.name, fmt::format("no rule asks for the role '{}' or one that it inherits", role.name));
  }
}

void FindUnusedRules(Review& review) {
  for (const RuleDraft& rule : review.draft().rules) {
    if (!rule.used) review.TellOfRule(rule, fmt::format("the rule '{}' is never used", rule.entry->key));
  }
}

}  // namespace ashlar::contract
