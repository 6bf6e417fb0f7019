// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "plan/plan.h"
#include "plan/rules.h"

namespace ashlar::plan {

// GET of an aggregate: groups of the rows that the caller may list, `gate` being that rule. Every field that it names,
// wherever it names it, is one that the caller reads of every row.
call::Answer<std::unique_ptr<Program>> MakeAggregate(const call::Call& call, const model::Resource& resource,
                                                     const Rules& rules, const cel::ExprPtr& gate);

}  // namespace ashlar::plan
