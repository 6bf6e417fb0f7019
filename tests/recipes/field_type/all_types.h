// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "types/type.h"

namespace ashlar::recipes {

// The rows of the registry and, last, that of `colour`: what a contract is compiled with.
std::span<const types::FieldType> AllTypes();

}  // namespace ashlar::recipes
