// SPDX-License-Identifier: Apache-2.0
#include "identity/issuer_token.h"

#include <algorithm>

#include "base/base64.h"
#include "base/crypto/sha256.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

constexpr size_t kMostSubject = 255;   // OpenID Connect Core, 2
constexpr size_t kMostStranger = 200;  // what names a stranger in audits and logs

// What names, carries or fetches a key, or changes what is signed: the token chooses none of that.
constexpr std::string_view kRefused[] = {"crit", "b64", "zip", "enc", "jku", "jwk", "x5u", "x5c"};

bool IsAccessType(const json::Json& header) {
  if (header.Find("typ") == nullptr) return true;
  const std::string* given = TextOf(header, "typ");
  if (given == nullptr) return false;
  std::string type = *given;
  std::ranges::transform(type, type.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return type == "jwt" || type == "at+jwt" || type == "application/at+jwt";
}

// Nothing where the header asks for what is not taken.
std::optional<SignatureAlgorithm> AlgorithmOf(const json::Json& header, const model::Issuer& issuer) {
  for (std::string_view refused : kRefused) {
    if (header.Find(refused) != nullptr) return std::nullopt;
  }
  const std::string* name = TextOf(header, "alg");
  auto algorithm = name == nullptr ? std::nullopt : SignatureAlgorithmOf(*name);
  bool taken = algorithm && std::ranges::find(issuer.algorithms, *algorithm) != issuer.algorithms.end();
  return taken && IsAccessType(header) ? algorithm : std::nullopt;
}

bool IsFor(const json::Json& claims, const std::string& audience) {
  const json::Json* given = claims.Find("aud");
  if (given == nullptr || given->array() == nullptr) return IsText(claims, "aud", audience);
  return std::ranges::any_of(
      *given->array(), [&](const json::Json& one) { return one.string() != nullptr && *one.string() == audience; });
}

// Absent, or whole seconds that are not ahead of us.
bool HasBegun(const json::Json& claims, std::string_view name, int64_t now) {
  if (claims.Find(name) == nullptr) return true;
  auto begins = SecondsOf(claims, name);
  return begins && *begins <= now + kMostSkew;
}

// What is no text there counts for nothing, as what the contract does not name.
std::vector<std::string> RolesOf(const json::Json& claims, const model::Issuer& issuer) {
  std::vector<std::string> roles;
  const json::Json* given = issuer.roles_claim.empty() ? nullptr : claims.Find(issuer.roles_claim);
  if (given == nullptr) return roles;
  auto add = [&](const json::Json& one) {
    bool gives = one.string() != nullptr && std::ranges::find(issuer.roles, *one.string()) != issuer.roles.end();
    if (gives && std::ranges::find(roles, *one.string()) == roles.end()) roles.push_back(*one.string());
  };
  if (given->array() == nullptr) add(*given);
  if (given->array() != nullptr) std::ranges::for_each(*given->array(), add);
  return roles;
}

std::string StrangerOf(const std::string& issuer, const std::string& subject) {
  std::string whole = fmt::format("{} {}", issuer, subject);  // no URL has a space
  bool plain = std::ranges::all_of(subject, [](char c) { return c > ' ' && c <= '~'; });
  if (plain && whole.size() <= kMostStranger) return whole;
  Digest digest = Sha256(whole);
  return "sha256:" + Base64UrlEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace

std::expected<Claims, IssuerFault> VerifyIssuerToken(const model::Issuer& issuer, std::span<const VerificationKey> keys,
                                                     Jws token, int64_t now_seconds) {
  auto invalid = std::unexpected(IssuerFault::kInvalid);
  const json::Json& given = token.claims;
  auto algorithm = AlgorithmOf(token.header, issuer);
  const std::string* id = TextOf(token.header, "kid");
  const std::string* subject = TextOf(given, "sub");
  auto expires = SecondsOf(given, "exp");
  bool complete = algorithm && id != nullptr && expires && subject != nullptr && !subject->empty() &&
                  subject->size() <= kMostSubject;
  if (!complete || !IsText(given, "iss", issuer.issuer) || !IsFor(given, issuer.audience)) return invalid;
  // Bound to a key that its bearer must prove to have (RFC 7800, RFC 9449), which nobody asks for here.
  if (given.Find("cnf") != nullptr || !HasBegun(given, "nbf", now_seconds) || !HasBegun(given, "iat", now_seconds)) {
    return invalid;
  }
  auto fits = [&](const VerificationKey& key) {
    return key.id == *id && key.key.Fits(*algorithm) && key.algorithm.value_or(*algorithm) == *algorithm;
  };
  auto key = std::ranges::find_if(keys, fits);
  const bool over = now_seconds - kMostSkew >= *expires;
  if (key == keys.end()) return std::unexpected(over ? IssuerFault::kInvalid : IssuerFault::kUnknownKey);
  if (!key->key.Verify(*algorithm, token.signed_part, token.signature)) return invalid;
  if (over) return std::unexpected(IssuerFault::kExpired);
  Claims claims;
  if (issuer.subject_is_user) {
    auto user = types::ParseUuid(*subject);
    if (!user) return invalid;
    claims.subject = types::FormatUuid(*user);
  } else {
    claims.stranger = StrangerOf(issuer.issuer, *subject);
  }
  claims.roles = RolesOf(given, issuer);
  claims.expires_at = std::min(*expires, INT64_MAX - kMostSkew) + kMostSkew;
  claims.all = std::move(token.claims);
  return claims;
}

}  // namespace ashlar::identity
