// SPDX-License-Identifier: Apache-2.0
#include "identity/token.h"

#include <charconv>

#include "base/base64.h"
#include "base/json/writer.h"

namespace ashlar::identity {
namespace {

constexpr size_t kMaxToken = 8192;

std::optional<json::Json> DecodePart(std::string_view part) {
  auto text = Base64UrlDecode(part);
  if (!text) return std::nullopt;
  auto parsed = json::Parse(*text, {.depth = 16, .bytes = kMaxToken});
  if (!parsed || parsed->object() == nullptr) return std::nullopt;
  return std::move(*parsed);
}

bool IsText(const json::Json& object, std::string_view name, std::string_view text) {
  const json::Json* member = object.Find(name);
  return member != nullptr && member->string() != nullptr && *member->string() == text;
}

std::optional<int64_t> Seconds(const json::Json& object, std::string_view name) {
  const json::Json* member = object.Find(name);
  if (member == nullptr || member->number() == nullptr) return std::nullopt;
  const std::string& token = member->number()->token;
  int64_t number = 0;
  auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), number);
  if (error != std::errc() || end != token.data() + token.size()) return std::nullopt;
  return number;
}

bool HeaderFits(const json::Json& header, const EcdsaKey& key) {
  for (const json::Member& member : *header.object()) {
    bool known = member.name == "alg" || member.name == "typ" || member.name == "kid";
    if (!known) return false;
  }
  return IsText(header, "alg", "ES256") && IsText(header, "typ", "JWT") && IsText(header, "kid", key.thumbprint());
}

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

std::string SignToken(const EcdsaKey& key, const std::string& service, const Claims& claims) {
  std::string header;
  json::Writer head(header);
  head.BeginObject();
  head.Field("alg", "ES256");
  head.Field("typ", "JWT");
  head.Field("kid", key.thumbprint());
  head.EndObject();
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
  std::string signed_part = Base64UrlEncode(header) + "." + Base64UrlEncode(payload);
  return signed_part + "." + Base64UrlEncode(key.Sign(signed_part));
}

std::expected<Claims, TokenFault> VerifyToken(const EcdsaKey& key, const std::string& service, std::string_view token,
                                              int64_t now_seconds) {
  auto invalid = std::unexpected(TokenFault::kInvalid);
  if (token.size() > kMaxToken) return invalid;
  size_t first = token.find('.');
  size_t last = token.rfind('.');
  if (first == std::string_view::npos || last == first || token.find('.', first + 1) != last) return invalid;
  auto header = DecodePart(token.substr(0, first));
  if (!header || !HeaderFits(*header, key)) return invalid;
  auto signature = Base64UrlDecode(token.substr(last + 1));
  if (!signature || !key.Verify(token.substr(0, last), *signature)) return invalid;
  auto payload = DecodePart(token.substr(first + 1, last - first - 1));
  if (!payload || !IsText(*payload, "iss", service) || !IsText(*payload, "aud", service)) return invalid;
  Claims claims;
  auto expires = Seconds(*payload, "exp");
  if (!expires || !ReadRoles(*payload, claims.roles)) return invalid;
  if (payload->Find("nbf") != nullptr) {
    auto begins = Seconds(*payload, "nbf");
    if (!begins || now_seconds < *begins) return invalid;
  }
  if (!ReadText(*payload, "sub", claims.subject) || !ReadText(*payload, "jti", claims.id)) return invalid;
  if (!ReadText(*payload, "sid", claims.session)) return invalid;
  if (payload->Find("iat") != nullptr) {
    auto issued = Seconds(*payload, "iat");
    if (!issued) return invalid;
    claims.issued_at = *issued;
  }
  if (now_seconds >= *expires) return std::unexpected(TokenFault::kExpired);
  claims.expires_at = *expires;
  claims.all = std::move(*payload);
  return claims;
}

}  // namespace ashlar::identity
