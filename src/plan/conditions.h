// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "call/call.h"
#include "plan/rules.h"
#include "plan/statement.h"

namespace ashlar::plan {

// What a caller's clauses come to: all that is wrong with them at once (400), or else the first field that may not be
// named (403).
struct ClauseErrors {
  std::vector<std::string> invalid;
  std::vector<std::string> denied;  // names of fields
  bool empty() const { return invalid.empty() && denied.empty(); }
  call::ApiError ToError(const Rules& rules) const;
};

// The structured conditions and the filter of a call as one guarded, folded expression over Variable{0}.
cel::ExprPtr MakeCondition(const call::Call& call, const model::Resource& resource, const Rules& rules,
                           ClauseErrors& errors);

// Tells of the keys of a relation that the caller may not read in every row: it may not be crossed then.
void AddUnreadKeys(const model::Resource& owner, const model::Relation& relation, const Rules& rules,
                   ClauseErrors& errors);

// The order of a call, ended with the key so that it is total.
std::vector<Order> MakeOrder(const std::vector<call::SortTerm>& terms, const model::Resource& resource,
                             const Rules& rules, ClauseErrors& errors);

}  // namespace ashlar::plan
