// SPDX-License-Identifier: Apache-2.0
#include "identity/token.h"

#include "base/json/writer.h"
#include "identity/own_jws.h"

namespace ashlar::identity {
namespace {

// A claim that may be absent, but neither empty nor anything but a text.
bool ReadText(const json::Json& claims, std::string_view name, std::string& text) {
  const json::Json* member = claims.Find(name);
  if (member == nullptr) return true;
  if (member->string() == nullptr || member->string()->empty()) return false;
  text = *member->string();
  return true;
}

bool ReadRoles(const json::Json& claims, std::vector<std::string>& roles) {
  const json::Json* member = claims.Find("roles");
  if (member == nullptr) return true;
  if (member->array() == nullptr) return false;
  for (const json::Json& role : *member->array()) {
    if (role.string() == nullptr) return false;
    roles.push_back(*role.string());
  }
  return true;
}

}  // namespace

std::string SignToken(const SigningKey& key, const std::string& service, const Claims& claims) {
  std::string payload;
  json::Writer out(payload);
  out.BeginObject();
  out.Field("iss", service);
  out.Field("aud", service);
  if (!claims.subject.empty()) out.Field("sub", claims.subject);
  out.Key("roles");
  out.BeginArray();
  for (const std::string& role : claims.roles) out.String(role);
  out.EndArray();
  out.Field("iat", claims.issued_at);
  out.Field("exp", claims.expires_at);
  out.Field("jti", claims.id);
  if (!claims.session.empty()) out.Field("sid", claims.session);
  out.EndObject();
  return SignOwn(key, "JWT", payload);
}

std::expected<Claims, TokenFault> VerifyToken(const KeyRing& keys, const std::string& service, Jws token,
                                              int64_t now_seconds) {
  auto invalid = std::unexpected(TokenFault::kInvalid);
  if (!IsOwn(keys, "JWT", token, now_seconds)) return invalid;
  json::Json* payload = &token.claims;
  if (!IsText(*payload, "iss", service) || !IsText(*payload, "aud", service)) return invalid;
  Claims claims;
  auto expires = SecondsOf(*payload, "exp");
  if (!expires || !ReadRoles(*payload, claims.roles)) return invalid;
  if (payload->Find("nbf") != nullptr) {
    auto begins = SecondsOf(*payload, "nbf");
    if (!begins || now_seconds < *begins) return invalid;
  }
  if (!ReadText(*payload, "sub", claims.subject) || !ReadText(*payload, "jti", claims.id)) return invalid;
  if (!ReadText(*payload, "sid", claims.session)) return invalid;
  if (payload->Find("iat") != nullptr) {
    auto issued = SecondsOf(*payload, "iat");
    if (!issued) return invalid;
    claims.issued_at = *issued;
  }
  if (now_seconds >= *expires) return std::unexpected(TokenFault::kExpired);
  claims.expires_at = *expires;
  claims.all = std::move(*payload);
  return claims;
}

}  // namespace ashlar::identity
