// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "cel/cel.h"

namespace ashlar::call {

// Who asks. Made by identity/ from a credential, or by app/ for the operator at the command line.
struct Caller {
  enum class Kind : uint8_t { kAnonymous, kPrincipal, kOperator };
  Kind kind = Kind::kAnonymous;
  cel::Principal principal;  // of kPrincipal
  // Callers of one number are alike in all that rules can ask, for as long as the process runs; 0: nothing is known of
  // others like it.
  static constexpr uint64_t kNobody = 1;  // of all who come without a credential
  uint64_t number = 0;
  std::string id;  // for logs, audit and cursors: the user's id, "operator", or "" when anonymous

  static std::shared_ptr<const Caller> Nobody() {
    static const auto nobody = std::make_shared<const Caller>(Caller{.number = kNobody});
    return nobody;
  }
  bool anonymous() const { return kind == Kind::kAnonymous; }
  bool is_operator() const { return kind == Kind::kOperator; }
};
using CallerPtr = std::shared_ptr<const Caller>;  // never null

}  // namespace ashlar::call
