// SPDX-License-Identifier: Apache-2.0
#include "model/reach.h"

namespace ashlar::model {

cel::ExprPtr GateOf(const Access& access, OperationKind kind) {
  switch (kind) {
    case OperationKind::kList:
    case OperationKind::kAggregate: return access.list;
    case OperationKind::kGet: return access.get;
    case OperationKind::kCreate: return access.create;
    case OperationKind::kUpdate: return cel::And(access.update_before, access.update_after);
    case OperationKind::kReplace: return cel::Or(cel::And(access.update_before, access.update_after), access.create);
    case OperationKind::kDelete: return access.remove;
    case OperationKind::kRestore: return access.restore;
    case OperationKind::kHistory: return access.history;
  }
  return cel::False();
}

Reach ReachOf(const cel::ExprPtr& rule) {
  if (rule == nullptr) return Reach::kEveryone;
  cel::ExprPtr folded = cel::FoldConstants(rule);
  if (cel::IsTrue(folded)) return Reach::kEveryone;
  return cel::IsFalse(folded) ? Reach::kNobody : Reach::kSome;
}

bool Purges(const Resource& resource) {
  return resource.soft_delete && ReachOf(resource.access.purge) != Reach::kNobody;
}

bool MayBeAnonymous(const cel::ExprPtr& rule) {
  if (rule == nullptr || cel::Measure(*rule).now) return true;  // what depends on the hour is not told beforehand
  return !cel::IsFalse(cel::FoldCondition(rule, {}));
}

}  // namespace ashlar::model
