// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fmt/format.h>

#include <string>
#include <string_view>

namespace ashlar {

// "1 row", "2 rows". REQUIRES: `unit` makes its plural with an s.
template <class Number>
std::string Counted(Number count, std::string_view unit) {
  return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
}

}  // namespace ashlar
