// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "base/context.h"
#include "call/call.h"
#include "call/caller.h"
#include "call/outcome.h"
#include "plan/planner.h"
#include "store/store.h"

namespace ashlar::app {

// What expressions come to over the row that a write would leave behind, were there no rules of access in its way: the
// write is done by the caller in a transaction of which nothing remains. An error: no row would come of it, whatever
// the rules say (it is not valid, or in conflict with another one).
call::Answer<call::Outcome> Become(const model::Service& service, const plan::Planner& planner, store::Store& store,
                                   Context& context, const call::Caller& caller, const call::Call& write,
                                   const std::vector<cel::ExprPtr>& expressions);

}  // namespace ashlar::app
