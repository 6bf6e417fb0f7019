// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "identity/body.h"
#include "identity/keeper.h"

namespace ashlar::identity {

// What a body says of a User's own fields: those that anybody may write of their own row. None that is readOnly, has a
// `write` rule, is computed, the system's, or a relation, whose row's rules would be passed over.
struct Profile {
  json::Object row;  // what the planner judges: the open fields, and names that are none
  Details wrong;     // what is no client's to give
};

// Whether a User may say what a field of its own row holds, and whether whoever registers may.
bool IsOpen(const model::Field& field);
bool MayBegin(const model::Field& field);

// Of a registration: `email` is part of it, `password` is not looked at. REQUIRES: the body is an object.
Profile ReadRegistration(const model::Resource& user, const json::Json& body);
// Of a change of the row `stored`, of which what is shown may be sent back as it is. REQUIRES: as above.
Profile ReadChange(const model::Resource& user, const json::Json& body, const call::RowSet& stored);

// All that is wrong with a write at once: `own`, which is not empty, and behind it what the planner would say of the
// call, which a dry run tells. What comes before the judgement of a body (it is not there, it has changed since) is
// told alone. The audit's name for who asks is `user`; empty: the operator.
Task<call::ApiError> WithTheRest(Keeper& keeper, Context& context, std::string user, call::Call call, Details own);

}  // namespace ashlar::identity
