// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "contract/mistakes.h"
#include "contract/node.h"

namespace ashlar::contract {

// The files of one contract as one mapping: sections of the same name are put together, what is defined twice is told
// at the second place. REQUIRES: at least one file.
Node MergeFiles(std::vector<Node> files, Mistakes& mistakes);

}  // namespace ashlar::contract
