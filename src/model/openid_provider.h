// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "model/issuer.h"

namespace ashlar::model {

// What we prove to a provider who we are with; a type of its own, so that nothing formats it. Secret.
struct ClientSecret {
  std::string text;
};

// An OpenID Connect provider with which Users may sign in.
struct OpenIdProvider {
  static constexpr size_t kMost = 8;
  static constexpr size_t kMostScopes = 20;
  std::string name;    // in addresses: "google"
  Issuer issuer;       // whose ID tokens are taken; its audience is our client id
  ClientSecret secret;
  std::vector<std::string> scopes;  // that are asked for
};

}  // namespace ashlar::model
