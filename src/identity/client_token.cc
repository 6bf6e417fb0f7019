// SPDX-License-Identifier: Apache-2.0
#include "identity/client_token.h"

#include "base/json/writer.h"
#include "identity/own_jws.h"

namespace ashlar::identity {
namespace {

constexpr std::string_view kAccessType = "at+jwt", kIdType = "JWT";

// The claim as a text that says something.
bool Read(const json::Json& claims, std::string_view name, std::string& text) {
  const std::string* found = TextOf(claims, name);
  if (found == nullptr || found->empty()) return false;
  text = *found;
  return true;
}

}  // namespace

std::string SignClientToken(const SigningKey& key, const std::string& issuer, const ClientToken& token) {
  std::string claims;
  json::Writer out(claims);
  out.BeginObject();
  out.Field("iss", issuer);
  out.Field("aud", issuer);
  out.Field("sub", token.subject);
  out.Field("client_id", token.client);
  out.Field("scope", token.scope);
  out.Field("iat", token.issued_at);
  out.Field("exp", token.expires_at);
  out.Field("jti", token.id);
  if (!token.of_itself()) out.Field("sid", token.session);
  out.EndObject();
  return SignOwn(key, kAccessType, claims);
}

std::expected<ClientToken, TokenFault> VerifyClientToken(const KeyRing& keys, const std::string& issuer, const Jws& jws,
                                                         int64_t now_seconds) {
  if (!IsOwn(keys, kAccessType, jws, now_seconds)) return std::unexpected(TokenFault::kInvalid);
  const json::Json& claims = jws.claims;
  ClientToken token;
  auto issued = SecondsOf(claims, "iat"), expires = SecondsOf(claims, "exp");
  const bool whole = IsText(claims, "iss", issuer) && IsText(claims, "aud", issuer) && issued && expires &&
                     Read(claims, "sub", token.subject) && Read(claims, "client_id", token.client) &&
                     Read(claims, "scope", token.scope) && Read(claims, "jti", token.id);
  const bool of_session = whole && Read(claims, "sid", token.session);
  if (!whole || (!of_session && token.subject != token.client)) return std::unexpected(TokenFault::kInvalid);
  if (now_seconds >= *expires) return std::unexpected(TokenFault::kExpired);
  token.issued_at = *issued;
  token.expires_at = *expires;
  return token;
}

std::optional<ClientToken> ReadClientToken(const KeyRing& keys, const std::string& issuer, std::string_view text,
                                           int64_t now_seconds) {
  auto jws = ReadJws(text);
  auto token = jws ? VerifyClientToken(keys, issuer, *jws, now_seconds) : std::unexpected(TokenFault::kInvalid);
  return token ? std::optional(std::move(*token)) : std::nullopt;
}

std::string SignIdToken(const SigningKey& key, const std::string& issuer, const IdToken& token) {
  std::string claims;
  json::Writer out(claims);
  out.BeginObject();
  out.Field("iss", issuer);
  out.Field("aud", token.client);
  out.Field("sub", token.subject);
  out.Field("iat", token.issued_at);
  out.Field("exp", token.expires_at);
  out.Field("auth_time", token.signed_in_at);
  out.Field("sid", token.session);
  if (!token.nonce.empty()) out.Field("nonce", token.nonce);
  if (!token.email.empty()) {
    out.Field("email", token.email);
    out.Field("email_verified", token.email_verified);
  }
  out.EndObject();
  return SignOwn(key, kIdType, claims);
}

std::optional<IdToken> ReadIdTokenHint(const KeyRing& keys, const std::string& issuer, std::string_view text,
                                       int64_t now_seconds) {
  auto jws = ReadJws(text);
  if (!jws || !IsOwn(keys, kIdType, *jws, now_seconds) || !IsText(jws->claims, "iss", issuer)) return std::nullopt;
  const json::Json& claims = jws->claims;
  IdToken token;
  if (!Read(claims, "sub", token.subject) || !Read(claims, "aud", token.client) ||
      !Read(claims, "sid", token.session)) {
    return std::nullopt;
  }
  Read(claims, "nonce", token.nonce);
  token.issued_at = SecondsOf(claims, "iat").value_or(0);
  token.expires_at = SecondsOf(claims, "exp").value_or(0);
  token.signed_in_at = SecondsOf(claims, "auth_time").value_or(0);
  return token;
}

}  // namespace ashlar::identity
