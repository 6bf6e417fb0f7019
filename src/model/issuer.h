// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "base/crypto/public_key.h"

namespace ashlar::model {

// Whose tokens are taken besides the service's own, and for what.
struct Issuer {
  static constexpr size_t kMost = 8;
  std::string issuer;    // its URL, as its tokens' `iss` has it to the letter
  std::string audience;  // what their `aud` must name
  std::string jwks;      // where its keys are; empty: found by OpenID Connect Discovery
  std::vector<SignatureAlgorithm> algorithms;  // that are taken
  bool subject_is_user = false;                // `sub` is the id of a User of ours; else callers have none
  std::string roles_claim;                     // empty: its tokens give no roles
  std::vector<std::string> roles;              // that they may give
  bool private_addresses = false;              // its names may lead to them
};

}  // namespace ashlar::model
