// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <set>

#include "cel/expr.h"
#include "model/service.h"

namespace ashlar::contract {

// The fields that indexes would have to begin with so that a condition over a row finds its rows. None: they do, or
// none could.
std::set<model::FieldId> MissingIndexes(const model::Resource& resource, const cel::Expr& condition);

}  // namespace ashlar::contract
