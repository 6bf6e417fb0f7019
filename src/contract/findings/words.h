// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::contract {

// The words of a name, in lower case: "billingAddress2" is billing, address2.
std::vector<std::string> WordsOf(std::string_view name);
// "a", "a and b", "a, b and c".
std::string Listed(std::span<const std::string> items);

}  // namespace ashlar::contract
