// SPDX-License-Identifier: Apache-2.0
// Access tokens of the provider's clients (RFC 9068).
#include "base/await.h"
#include "identity/authenticator.h"
#include "identity/authorization.h"
#include "identity/client_token.h"

namespace ashlar::identity {

bool Authenticator::IsOfProvider(std::string_view issuer) const {
  const auto& identity = engine_.service().identity;
  return identity && identity->provider && identity->provider->issuer == issuer;
}

// One without a scope that opens data is for /oauth/userinfo alone. What the contract no longer lets the client have
// is worth nothing.
Eventually<Authenticator::Answer> Authenticator::FromClient(Context& context, std::string_view token, Jws read) {
  const model::Provider& provider = *engine_.service().identity->provider;
  const uint64_t number = keys_.number();
  auto verified = VerifyClientToken(*keys_.ring(), provider.issuer, read, context.clock.NowMicros() / 1'000'000);
  if (!verified && verified.error() == TokenFault::kExpired) {
    return Answer(call::Refuse(call::Code::kTokenExpired, "the token has expired"));
  }
  const model::Client* client = verified ? provider.FindMost(verified->client) : nullptr;
  Claims claims;
  for (const std::string& scope : client == nullptr ? std::vector<std::string>() : client->scopes) {
    if (model::IsDataScope(scope) && HasScope(verified->scope, scope)) claims.scopes.push_back(scope);
  }
  const bool may = client != nullptr && (!verified->of_itself() || client->Has(model::ClientGrant::kCredentials));
  if (!may || claims.scopes.empty()) {
    return Answer(call::Refuse(call::Code::kInvalidCredentials, "the token is not valid here"));
  }
  claims.client = verified->client;
  if (verified->of_itself()) claims.stranger = fmt::format("{} {}", provider.issuer, verified->client);
  if (!verified->of_itself()) claims.subject = verified->subject;
  claims.session = std::move(verified->session);
  claims.expires_at = verified->expires_at;
  claims.all = std::move(read.claims);
  claims.keys_number = number;
  return FromClaims(context, std::string(token), std::move(claims));
}

}  // namespace ashlar::identity
