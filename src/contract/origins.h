// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "contract/draft.h"
#include "contract/locator.h"

namespace ashlar::contract {

// Where the rules of access stand. REQUIRES: the contract is right.
std::vector<model::Origin> OriginsOf(const Draft& draft, const Locator& locator);

}  // namespace ashlar::contract
