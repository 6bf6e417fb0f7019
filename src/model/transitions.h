// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::model {

// The moves of an enum: from each constant to those that may follow it. What is not named here is an end.
struct Transitions {
  struct Move {
    std::string from;
    std::vector<std::string> to;
  };
  std::vector<Move> moves;  // as the contract writes them

  // What may follow; empty: nothing.
  std::span<const std::string> From(std::string_view from) const {
    auto found = std::ranges::find(moves, from, &Move::from);
    return found == moves.end() ? std::span<const std::string>() : std::span<const std::string>(found->to);
  }
};

}  // namespace ashlar::model
