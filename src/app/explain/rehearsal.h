// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "call/call.h"
#include "call/caller.h"
#include "plan/planner.h"

namespace ashlar::app {

// The statements that a call comes to, without a store: its program is given made-up rows, one or two for each
// question, so that it goes on to ask for what belongs to them.
struct Rehearsed {
  std::vector<plan::Statement> statements;
  std::string next;  // the cursor behind the first page of a list by cursor
};
// An error: the caller may not call it, or the call is not right.
call::Answer<Rehearsed> Rehearse(const plan::Planner& planner, const call::Call& call, const call::Caller& caller);

}  // namespace ashlar::app
