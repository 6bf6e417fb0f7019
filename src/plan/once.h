// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "call/caller.h"
#include "call/once.h"
#include "model/service.h"
#include "plan/plan.h"

namespace ashlar::plan {

// What is kept of a write that its client named: a row of the system's IdempotencyRecord, for a day. Its id hides the
// name, its caller and its address behind a hash. Of a user it is the user's own, of a service that of all tokens with
// its roles, who see the same.
std::string OnceIdOf(const call::Once& once, const call::Caller& caller);

// Is there one? Its outcome has no rows, or one row whose only cell is what was kept. Refused where it is of another
// request.
std::unique_ptr<Program> MakeRecallProgram(const model::Service& service, const call::Once& once, std::string id,
                                           int64_t now_micros);
// Keeps `outcomes`, and removes some of those that have expired: more than one for each that is kept, so that they do
// not pile up.
std::unique_ptr<Program> MakeKeepProgram(const model::Service& service, const call::Once& once, std::string id,
                                         int64_t now_micros, std::string outcomes);

}  // namespace ashlar::plan
