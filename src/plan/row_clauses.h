// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "plan/conditions.h"

namespace ashlar::plan {

// What says which rows a list or an aggregate is about, beside its conditions.

// What the surface found wrong with the query, to be told with all that is wrong with its names and values.
ClauseErrors Doubted(const call::Call& call);

// The size of a page, within the bounds of the resource.
int64_t PerPage(const call::Paging& paging, const model::Resource& resource, ClauseErrors& errors);

// The words that `q` asks for; none without it. Its fields have no read rule of their own (the contract sees to that).
std::vector<std::string> MakeWords(const call::Call& call, const model::Resource& resource, ClauseErrors& errors);

// Deleted rows are for who may restore them: `where` gets that.
std::optional<call::ApiError> MakeDeleted(const call::Call& call, const model::Resource& resource, const Rules& rules,
                                          cel::ExprPtr& where);

}  // namespace ashlar::plan
