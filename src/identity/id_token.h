// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "identity/issuer_token.h"
#include "model/openid_provider.h"

namespace ashlar::identity {

// Whom a provider says that somebody is. Issuer and subject are who it is; the address is no more than a claim.
struct ProviderUser {
  std::string subject;
  std::string email;      // empty: it says none
  bool verified = false;  // that the address is theirs
};

// Of an ID token that the provider has signed for us, for this sign-in, and that is valid now (OpenID Connect Core,
// 3.1.3.7): `iss`, `aud`, `azp`, `exp`, `iat`, `nonce`, an algorithm of public keys.
std::expected<ProviderUser, IssuerFault> VerifyIdToken(const model::OpenIdProvider& provider,
                                                       std::span<const VerificationKey> keys, std::string_view token,
                                                       std::string_view nonce, int64_t now_seconds);

// Adds the address of a UserInfo answer (5.3.2) where the token had none. False, and nothing is added, unless the
// answer is of the same subject.
bool AddUserInfo(std::string_view answer, ProviderUser& user);

}  // namespace ashlar::identity
