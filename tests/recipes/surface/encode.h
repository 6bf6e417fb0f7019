// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "call/outcome.h"

namespace ashlar::recipes {

// One line, whatever stands in it: what is not ours is JSON, which escapes line ends.
//   OK {row}    OK TOTAL [{row}, ...]    OK    NO {"code": CODE, "details": ["FIELD CODE", ...], "message": TEXT}
std::string Encode(const model::Service& service, const call::Answer<call::Outcome>& answer);

}  // namespace ashlar::recipes
