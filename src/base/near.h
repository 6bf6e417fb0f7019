// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace ashlar {

// The candidate that `name` was probably meant to be, or empty: a third of its letters may be wrong, swapped or
// missing; case does not count.
std::string Near(std::string_view name, std::span<const std::string> candidates);

}  // namespace ashlar
