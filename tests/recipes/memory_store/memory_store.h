// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "store/store.h"

namespace ashlar::recipes {

// A Store that keeps everything in memory and runs one unit at a time: what a store is, in the fewest lines, and what
// the others are compared with. The service must outlive it.
std::unique_ptr<store::Store> OpenMemory(const model::Service& service);

}  // namespace ashlar::recipes
