// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "cel/cel.h"

namespace ashlar::cel {

struct Token {
  enum class Kind : uint8_t { kEnd, kName, kInt, kDouble, kString, kBytes, kSign };
  Kind kind = Kind::kEnd;
  std::string text;  // a string's is decoded
  int offset = 0;
  int length = 1;
};

// Splits an expression's text; the last token is kEnd.
std::expected<std::vector<Token>, Mistake> Tokenize(std::string_view text);

}  // namespace ashlar::cel
