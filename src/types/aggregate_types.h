// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "types/type.h"

namespace ashlar::types {

// The types of what is computed over many values; bounds of a field do not bind them. Null: it cannot be computed.
TypePtr TypeOfCount();
TypePtr TypeOfSum(const Type& type);
TypePtr TypeOfAverage(const Type& type);
// Of a period's first day, and of the moment at which an hour began.
TypePtr TypeOfDay();
TypePtr TypeOfMoment();
// One that writes cells as the type of that name and scale did, which may be gone; null: there is none of that name.
TypePtr TypeThatWrites(std::string_view name, int scale);

}  // namespace ashlar::types
