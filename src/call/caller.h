// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cel/cel.h"
#include "model/bounds.h"

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
  model::BoundsPtr bounds;  // what the credential is narrowed to; null: to nothing
  std::string key;  // the id of the API key that was shown; empty: it was another credential
  std::string client;  // of the provider's, whose token was shown, and its scopes; empty: it was another credential
  std::string id;  // for logs, audit and cursors: the user's id, "operator", or "" when anonymous

  static std::shared_ptr<const Caller> Nobody() {
    static const auto nobody = std::make_shared<const Caller>(Caller{.number = kNobody});
    return nobody;
  }
  bool anonymous() const { return kind == Kind::kAnonymous; }
  // What tells credentials of one caller apart that may differ in what they open; empty: they all open the same.
  std::string_view credential() const { return key.empty() ? client : key; }
  bool is_operator() const { return kind == Kind::kOperator; }
};
using CallerPtr = std::shared_ptr<const Caller>;  // never null

}  // namespace ashlar::call
