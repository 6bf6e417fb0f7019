// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "plan/draft.h"

namespace ashlar::plan {

// 409 with every field that would make a move which its contract does not know, or nothing. A row begins in the
// default; the operator's rows, which are loaded, begin where they are.
// REQUIRES: the draft is complete and has no errors.
std::optional<call::ApiError> CheckTransitions(const model::Resource& resource, const Rules& rules, const Draft& draft);

}  // namespace ashlar::plan
