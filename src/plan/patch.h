// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>

#include "base/json/json.h"
#include "call/api_error.h"
#include "plan/draft.h"

namespace ashlar::plan {

// A JSON Patch (RFC 6902) of a stored row as the body that assigns what it changes: the row as the caller reads it is
// patched, and what differs then is given, null where it was removed. 409 where the row is not what the patch expects
// (RFC 5789, section 2.2), 422 where the patch is none.
std::expected<json::Json, call::ApiError> PatchedBody(const model::Resource& resource, const Draft& draft,
                                                      const Values& stored, const json::Json& patch);

}  // namespace ashlar::plan
