// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::identity {

// What an OpenID Connect provider says of itself (Discovery 1.0, 3; RFC 8414), as far as signing in needs it.
struct ProviderDocument {
  std::string authorization;  // where browsers are sent
  std::string token;
  std::string userinfo;       // empty: there is none
  bool basic = true;          // we name ourselves in a header (client_secret_basic), else in the form
  bool names_itself = false;  // what comes back has `iss` (RFC 9207)
};

// kInvalid: it is another issuer's, or nobody could sign in by it.
Result<ProviderDocument> ReadProviderDocument(std::string_view text, const std::string& issuer);

}  // namespace ashlar::identity
