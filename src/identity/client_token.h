// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "identity/key_ring.h"
#include "identity/token.h"

namespace ashlar::identity {

// What an access token says that a client of the provider gets (RFC 9068). `aud` is the issuer itself: it opens what
// the provider shows of its User, and below /v1 what its scopes name.
struct ClientToken {
  std::string subject;  // the User's id; of the client's own its id
  std::string client;
  std::string scope;    // separated by spaces
  std::string session;  // sid: the client's own; empty: it is for the client itself
  std::string id;       // jti
  int64_t issued_at = 0, expires_at = 0;  // seconds since 1970
  bool of_itself() const { return session.empty(); }
  bool operator==(const ClientToken&) const = default;
};
std::string SignClientToken(const SigningKey& key, const std::string& issuer, const ClientToken& token);
// One of ours that is valid now.
std::expected<ClientToken, TokenFault> VerifyClientToken(const KeyRing& keys, const std::string& issuer,
                                                         const Jws& token, int64_t now_seconds);
// The same; nothing for any other text.
std::optional<ClientToken> ReadClientToken(const KeyRing& keys, const std::string& issuer, std::string_view text,
                                           int64_t now_seconds);

// What an ID token says (OpenID Connect Core, 2): who has signed in, to one client.
struct IdToken {
  std::string subject;
  std::string client;   // aud
  std::string nonce;    // empty: none was asked for
  std::string session;  // sid: the browser's with the provider
  int64_t issued_at = 0, expires_at = 0, signed_in_at = 0;  // seconds since 1970
  std::string email;    // empty: not asked for
  bool email_verified = false;
  bool operator==(const IdToken&) const = default;
};
std::string SignIdToken(const SigningKey& key, const std::string& issuer, const IdToken& token);
// One of ours, be it over or not: a hint at who is meant. Nothing for what is none. Without the address.
std::optional<IdToken> ReadIdTokenHint(const KeyRing& keys, const std::string& issuer, std::string_view text,
                                       int64_t now_seconds);

}  // namespace ashlar::identity
