// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <vector>

#include "plan/plan.h"

namespace ashlar::plan {

// What expressions come to over one row as it lies in the store, deleted or not, whoever may see it: for the operator,
// who is told why a caller may or may not. Folded, over Variable{0}. The outcome's groups hold one row with a cell for
// each expression, as a Probe gives it; kNotFound: there is no such row.
std::unique_ptr<Program> MakeInspectProgram(const model::Resource& resource, Values key,
                                            std::vector<cel::ExprPtr> expressions);

}  // namespace ashlar::plan
