// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "contract/node.h"

namespace ashlar::contract {

// Where a stretch of a scalar's text stands in its source: quotes, escapes, folds and indentation are followed. The
// scalar's own place where that cannot be told (the environment filled in some of it).
Place PlaceIn(const Node& scalar, size_t offset, size_t length, std::string_view source);

}  // namespace ashlar::contract
