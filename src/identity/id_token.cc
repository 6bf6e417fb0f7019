// SPDX-License-Identifier: Apache-2.0
#include "identity/id_token.h"

#include <algorithm>

#include "base/crypto/hmac.h"
#include "http/syntax.h"

namespace ashlar::identity {
namespace {

// An access token is no ID token, whatever its claims are.
bool IsIdType(const json::Json& header) {
  if (header.Find("typ") == nullptr) return true;
  const std::string* type = TextOf(header, "typ");
  return type != nullptr && http::EqualIgnoringCase(*type, "JWT");
}

// Who the token was given to, where it says so; it must where it is for several.
bool IsGivenToUs(const json::Json& claims, const std::string& client) {
  const json::Json* audience = claims.Find("aud");
  const bool several = audience != nullptr && audience->array() != nullptr && audience->array()->size() > 1;
  if (claims.Find("azp") == nullptr) return !several;
  return IsText(claims, "azp", client);
}

bool HasNonce(const json::Json& claims, std::string_view nonce) {
  const std::string* given = TextOf(claims, "nonce");
  return given != nullptr && EqualInConstantTime(*given, nonce);
}

// Some write "true".
bool SaysVerified(const json::Json& claims) {
  const json::Json* verified = claims.Find("email_verified");
  return verified != nullptr &&
         ((verified->boolean() != nullptr && *verified->boolean()) || IsText(claims, "email_verified", "true"));
}

bool IsPlain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7f'; });
}

void TakeAddress(const json::Json& claims, ProviderUser& user) {
  const std::string* email = TextOf(claims, "email");
  if (email == nullptr || email->empty()) return;
  user.email = *email;
  user.verified = SaysVerified(claims);
}

}  // namespace

std::expected<ProviderUser, IssuerFault> VerifyIdToken(const model::OpenIdProvider& provider,
                                                       std::span<const VerificationKey> keys, std::string_view token,
                                                       std::string_view nonce, int64_t now_seconds) {
  auto read = ReadJws(token);
  if (!read) return std::unexpected(IssuerFault::kInvalid);
  const bool ours = IsIdType(read->header) && IsGivenToUs(read->claims, provider.issuer.audience) &&
                    HasNonce(read->claims, nonce) && SecondsOf(read->claims, "iat");
  if (!ours) return std::unexpected(IssuerFault::kInvalid);
  auto claims = VerifyIssuerToken(provider.issuer, keys, std::move(*read), now_seconds);
  if (!claims) return std::unexpected(claims.error());
  ProviderUser user{*TextOf(claims->all, "sub")};
  if (!IsPlain(user.subject)) return std::unexpected(IssuerFault::kInvalid);
  TakeAddress(claims->all, user);
  return user;
}

bool AddUserInfo(std::string_view answer, ProviderUser& user) {
  auto read = json::Parse(answer, {.depth = 16, .bytes = 256 << 10});
  if (!read || read->object() == nullptr || !IsText(*read, "sub", user.subject)) return false;
  if (user.email.empty()) TakeAddress(*read, user);
  return true;
}

}  // namespace ashlar::identity
