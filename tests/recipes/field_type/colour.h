// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "types/type.h"

namespace ashlar::recipes {

// `colour`: #rrggbb, kept in lower case.
types::FieldType ColourType();

}  // namespace ashlar::recipes
