// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace ashlar::cel {

// What is meant by a word or sign of other languages, for `did you mean`; empty if nothing is known.
std::string_view OperatorFor(std::string_view foreign);  // "and" -> "&&", "=" -> "=="
std::string_view NameFor(std::string_view foreign);      // "None" -> "null", "now" -> "now()"

}  // namespace ashlar::cel
