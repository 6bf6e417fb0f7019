// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "identity/oauth_error.h"
#include "model/provider.h"

namespace ashlar::identity {

// What a program says of itself that registers as a client (RFC 7591, 2; OpenID Connect Registration, 2), as far as it
// is taken: nothing of it is fetched, and what else it says is left out.
struct ClientMetadata {
  static constexpr size_t kMostBody = 32 * 1024;  // bytes
  static constexpr size_t kMostName = 100;        // bytes
  static constexpr size_t kMostUri = 255;         // bytes

  model::Client client;     // without an id and a secret, which it does not choose
  std::string auth_method;  // token_endpoint_auth_method: client_secret_basic, client_secret_post or none
  bool has_secret() const { return auth_method != "none"; }
};

// Of a JSON text. Scopes and grants are of those that `like` has; refresh_token and offline_access are given together
// or not at all. invalid_redirect_uri or invalid_client_metadata where it is wrong.
OauthAnswer<ClientMetadata> ReadClientMetadata(const model::Client& like, std::string_view body);

}  // namespace ashlar::identity
