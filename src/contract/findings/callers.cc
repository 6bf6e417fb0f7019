// SPDX-License-Identifier: Apache-2.0
#include "contract/findings/callers.h"

#include "contract/expr_walk.h"

namespace ashlar::contract {
namespace {

Verdict JudgeFor(const cel::ExprPtr& rule, const cel::Principal* principal) {
  if (rule == nullptr) return Verdict::kAlways;
  cel::ExprPtr folded = cel::Fold(rule, {.principal = principal});
  if (cel::IsTrue(folded)) return Verdict::kAlways;
  return cel::IsFalse(folded) ? Verdict::kNever : Verdict::kPerhaps;
}

// Whether it asks of a signed-in caller what roles do not tell: scopes, claims, the address, the kind of credential.
bool AsksBeyondRoles(const cel::Expr& expr) {
  if (const auto* auth = expr.get<cel::Auth>()) {
    bool told = auth->member == cel::Auth::Member::kSelf || auth->member == cel::Auth::Member::kId ||
                auth->member == cel::Auth::Member::kRoles;
    if (!told) return true;
  }
  if (const auto* call = expr.get<cel::Call>(); call != nullptr && call->op == cel::Op::kHasScope) return true;
  bool asks = false;
  ForEachPart(expr, [&](const cel::Expr& part) { asks = asks || AsksBeyondRoles(part); });
  return asks;
}

}  // namespace

bool HoldsForAnonymous(const cel::ExprPtr& rule) { return JudgeFor(rule, nullptr) == Verdict::kAlways; }

Callers::Callers(const model::Service& service) {
  cel::Principal plain;
  plain.id = types::Uuid{{0xff}};  // of no row
  plain.claims = json::Json(json::Object{});
  principals_.push_back(plain);
  for (const model::Role& role : service.roles) {
    principals_.push_back(plain);
    principals_.back().roles = role.all;
  }
}

Verdict Callers::Judge(const cel::ExprPtr& rule, size_t which) const {
  if (which == 0) return JudgeFor(rule, nullptr);
  if (rule != nullptr && AsksBeyondRoles(*rule)) return Verdict::kPerhaps;
  return JudgeFor(rule, &principals_[which - 1]);
}

}  // namespace ashlar::contract
