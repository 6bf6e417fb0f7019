// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace ashlar::call {

// The parameter that a word means which other services use for theirs: "limit" is "perPage" here. Empty for others.
std::string_view ParameterFor(std::string_view foreign);

}  // namespace ashlar::call
