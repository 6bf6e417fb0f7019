// SPDX-License-Identifier: Apache-2.0
// Tokens of other issuers.
#include "base/await.h"
#include "identity/authenticator.h"
#include "identity/issuer_token.h"

namespace ashlar::identity {
namespace {

using call::Code;

constexpr int kTries = 2;  // a fetch that ran already may have asked before the issuer had the key

std::unexpected<call::ApiError> Refusal(IssuerFault fault) {
  if (fault == IssuerFault::kExpired) return call::Refuse(Code::kTokenExpired, "the token has expired");
  return call::Refuse(Code::kInvalidCredentials, "the token is not valid");
}

using Verdict = std::expected<Claims, IssuerFault>;

Verdict Judge(IssuerKeys& issuer, Jws read, int64_t now_micros) {
  auto set = issuer.Current();
  std::span<const VerificationKey> keys;
  if (set != nullptr) keys = set->keys;
  Verdict claims = VerifyIssuerToken(issuer.issuer(), keys, std::move(read), now_micros / 1'000'000);
  if (claims) {
    claims->issuer = &issuer;
    claims->keys_number = set->number;
  }
  return claims;
}

}  // namespace

bool Authenticator::IsVouchedFor(const ServiceKeys& keys, const Kept& kept) {
  if (!kept.caller->key.empty()) return true;
  const Claims& claims = kept.claims;
  if (claims.issuer == nullptr) return claims.keys_number == keys.number();
  auto set = claims.issuer->Current();
  return set != nullptr && set->number == claims.keys_number;
}

Eventually<Authenticator::Answer> Authenticator::FromIssuer(Context& context, IssuerKeys& issuer,
                                                            std::string_view token, Jws read) {
  Verdict claims = Judge(issuer, std::move(read), context.clock.NowMicros());
  if (claims) return FromClaims(context, std::string(token), std::move(*claims));
  if (claims.error() != IssuerFault::kUnknownKey) return Answer(Refusal(claims.error()));
  return AwaitKeys(context, issuer, std::string(token));
}

Task<Authenticator::Answer> Authenticator::AwaitKeys(Context& context, IssuerKeys& issuer, std::string token) {
  for (int i = 0; i < kTries; ++i) {
    auto renewed = co_await issuer.Renew();
    if (!renewed) break;
    auto read = ReadJws(token);
    Verdict claims = Judge(issuer, std::move(*read), context.clock.NowMicros());
    if (claims) {
      auto asked = FromClaims(context, std::move(token), std::move(*claims));
      auto answer = co_await Await(std::move(asked));
      co_return answer;
    }
    if (claims.error() != IssuerFault::kUnknownKey) co_return Refusal(claims.error());
  }
  // Without any keys nothing can be said about the token.
  if (issuer.Current() != nullptr) co_return Refusal(IssuerFault::kUnknownKey);
  co_return call::Refuse(Code::kUnavailable, "the keys of the token's issuer cannot be had; try again later");
}

}  // namespace ashlar::identity
