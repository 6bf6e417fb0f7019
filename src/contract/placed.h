// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "contract/draft.h"
#include "contract/policy.h"

namespace ashlar::contract {

// A test of the access rules and where its parts stand.
struct PlacedTest {
  PolicyTest test;
  Place when, expect;
  std::vector<Place> rows;  // as test.rows
};

// Reads `tests` and tells what is wrong with it. REQUIRES: all other sections are read.
std::vector<PlacedTest> ReadTests(Draft& draft);

}  // namespace ashlar::contract
