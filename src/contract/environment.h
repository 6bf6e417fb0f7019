// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "contract/mistakes.h"
#include "contract/node.h"

namespace ashlar::contract {

// Replaces ${NAME} and ${NAME:-default} in every scalar value (not in keys) by what the environment says, once: what
// comes in is not looked at again. Tells of what is unset, unless that is allowed, and never of any value.
void FillIn(Node& node, const Options& options, Mistakes& mistakes);

}  // namespace ashlar::contract
