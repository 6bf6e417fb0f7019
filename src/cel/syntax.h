// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "cel/cel.h"

namespace ashlar::cel {

// What was written, before any name has a meaning.
struct Ast {
  enum class Kind : uint8_t {
    kNull,
    kBool,
    kInt,
    kDouble,
    kString,
    kBytes,  // `text`: "true", digits, or the decoded string
    kName,    // text
    kMember,  // children[0].text
    kIndex,   // children[0][children[1]]
    kCall,    // text(children...)
    kMethod,  // children[0].text(children[1]...)
    kList,    // [children...]
    kUnary,   // text children[0]: "!" or "-"
    kBinary,  // children[0] text children[1]
    kConditional,
  };
  Kind kind = Kind::kNull;
  std::string text;
  std::vector<Ast> children;
  int offset = 0;
  int length = 1;
};

// The grammar of the CEL specification, without maps, messages and unsigned integers, which are refused by name.
// Never nests deeper than limits.depth.
std::expected<Ast, Mistake> ParseSyntax(std::string_view text, const Limits& limits);

}  // namespace ashlar::cel
