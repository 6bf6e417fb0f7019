// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/json/json.h"
#include "call/call.h"

namespace ashlar::surface::rest {

// The names that a query's body may have, in the order of the documents.
inline constexpr std::string_view kQueryMembers[] = {"where", "filter",  "q",     "sort",  "fields", "include",
                                                     "page",  "perPage", "total", "after", "before", "deleted"};

// What the body of a QUERY asks of a list: `where` (call/where.h) and the parameters of a list with JSON values. All
// mistakes of form become call.malformed.
void DecodeQueryBody(const json::Json& body, call::Call& call);

}  // namespace ashlar::surface::rest
