// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "contract/draft.h"
#include "contract/findings/review.h"

namespace ashlar::contract {

// One entry of `accept`.
struct Accepted {
  Place place;
  size_t row = 0;  // of the findings' table
  std::string at;  // "Order", "Order.email", "resources"
};

// Reads `accept` and tells what is wrong with it. REQUIRES: all other sections are read.
std::vector<Accepted> ReadAccepted(Draft& draft);

// Leaves what is not accepted, sorted by place. Where all is known, tells of what is accepted and not found.
void TakeAccepted(const std::vector<Accepted>& accepted, bool all_known, std::vector<Found>& found, Mistakes& mistakes);

}  // namespace ashlar::contract
