// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "contract/mistakes.h"
#include "contract/node.h"

namespace ashlar::contract {

inline constexpr size_t kMostBytes = 4 << 20;     // of a file
inline constexpr int kMostLevels = 64;            // of nesting
inline constexpr size_t kMostValues = 500'000;    // of a file, its aliases expanded
inline constexpr size_t kMostExpanded = 16 << 20; // bytes of text, aliases expanded

// Reads one file (YAML 1.2, core schema) into a tree. An empty document is an empty scalar. nullopt after telling
// what is wrong; duplicate keys and wrong aliases are told and left out, so that the rest can be judged.
std::optional<Node> ParseYaml(uint32_t source, std::string_view text, Mistakes& mistakes);

}  // namespace ashlar::contract
