// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "contract/contract.h"

namespace ashlar::app {

// Runs the tests of the contract's access rules: each in a store of its own rows, in a temporary folder, by the
// planner, the engine's statements and the store that a server has. What fails becomes a mistake at its place, so that
// the contract is not right. An Error: there is nowhere to put the store.
Result<void> RunPolicyTests(contract::Judgement& judgement);

}  // namespace ashlar::app
