// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::contract {

// A type as a contract writes it: NAME, NAME(argument, ...), [NAME], each perhaps with '!' behind.
struct TypeText {
  std::string name;
  size_t offset = 0;  // of the name within the text
  std::vector<std::string> arguments;
  bool list = false;
  bool required = false;
  bool element_required = false;  // [NAME!]: not of the language, but what many would write
};
std::optional<TypeText> ParseTypeText(std::string_view text);

}  // namespace ashlar::contract
