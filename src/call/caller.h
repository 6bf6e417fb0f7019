// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "cel/cel.h"

namespace ashlar::call {

// Who asks. Made by identity/ from a credential, or by app/ for the operator at the command line.
struct Caller {
  enum class Kind : uint8_t { kAnonymous, kPrincipal, kOperator };
  Kind kind = Kind::kAnonymous;
  cel::Principal principal;  // of kPrincipal
  std::string id;            // for logs, audit and cursors: the user's id, "operator", or "" when anonymous

  bool anonymous() const { return kind == Kind::kAnonymous; }
  bool is_operator() const { return kind == Kind::kOperator; }
};

}  // namespace ashlar::call
