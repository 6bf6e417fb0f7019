// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace ashlar::types {

// Whether every value of the one type has the form of the other, bounds and constants aside; both as Type::text writes
// them. A column may change its type to such a one without a look at its rows.
bool TakesAllOf(std::string_view type, std::string_view former);

}  // namespace ashlar::types
