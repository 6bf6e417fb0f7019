// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/context.h"
#include "base/result.h"
#include "plan/plan.h"
#include "store/sqlite/connection.h"
#include "store/store.h"

namespace ashlar::store::sqlite {

// Runs one program to its end, statement by statement; the deadline is looked at between them. What it throws is an
// Error of its own. The transaction is the caller's.
Result<call::Answer<call::Outcome>> RunProgram(Connection& connection, const model::Service& service, Context& context,
                                               plan::Program& program);

// All plans of a unit, in order, until one is refused (or all of them: Unit::collect_all, Unit::feed).
Result<Outcomes> RunUnit(Connection& connection, const model::Service& service, Context& context, Unit& unit);

// Whether every outcome of the unit is a success.
bool AllWell(const Unit& unit, const Outcomes& outcomes);

}  // namespace ashlar::store::sqlite
