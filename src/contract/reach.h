// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <bitset>
#include <cstddef>
#include <vector>

namespace ashlar::contract {

// What leads where among at most so many named things (roles, rules).
inline constexpr size_t kMostLinked = 200;
using Links = std::vector<std::vector<size_t>>;           // by thing: what it names itself
using Reach = std::vector<std::bitset<kMostLinked>>;      // by thing: what it leads to, over however many steps

// REQUIRES: at most kMostLinked.
Reach ReachOf(const Links& links);
// Whether the thing leads to itself, and is the first of those that do so together: each circle has one such.
bool LeadsCircle(const Reach& reach, size_t thing);

}  // namespace ashlar::contract
