// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/json/json.h"
#include "types/value.h"

namespace ashlar::identity {

// What an authorization code says: which session it begins, and 256 random bits, of which a hash is kept.
struct ClientCode {
  types::Uuid session;
  std::string secret;
};
ClientCode NewClientCode(int64_t now_micros);
// base64url(session || secret). Secret.
std::string WriteClientCode(const ClientCode& code);
// Nothing where it has not that form.
std::optional<ClientCode> ReadClientCode(std::string_view text);
// base64url(SHA-256(secret)): what is kept.
std::string HashOf(const ClientCode& code);

// What a code is bound to, as it is kept beside its hash.
struct CodeTerms {
  std::string hash;
  std::string redirect_uri;
  std::string challenge;    // of PKCE, by S256
  std::string nonce;
  std::string browser;      // the session of the browser in which it was asked for
  std::string email;        // in the ID token; empty: not asked for
  bool email_verified = false;
  int64_t signed_in_at = 0;  // seconds since 1970
  bool operator==(const CodeTerms&) const = default;
};
json::Json ToJson(const CodeTerms& terms);
// REQUIRES: ToJson wrote it.
CodeTerms ReadTerms(std::string_view text);

// Whether the verifier is that of the challenge (RFC 7636, 4.1 and 4.6).
bool IsVerifierOf(std::string_view challenge, std::string_view verifier);

}  // namespace ashlar::identity
