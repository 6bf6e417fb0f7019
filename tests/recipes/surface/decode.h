// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "call/call.h"

namespace ashlar::recipes {

// Reads one line of the protocol:
//   LIST Track name=x price[gte]=3 sort=-name fields=id,name WHERE length > 3 && ...
//   GET Track 1 fields=id,name      CREATE Track {json}      UPDATE Track 1 {json}      DELETE Track 1
// Words are parted by single spaces; a body, and the expression behind WHERE, take the rest of the line.
//
// Refused here is only what names no operation. Whatever else is wrong goes into Call::malformed, or stays raw in the
// Call for the planner, which refuses it once the caller is admitted.
call::Answer<call::Call> Decode(const model::Service& service, std::string_view line);

}  // namespace ashlar::recipes
