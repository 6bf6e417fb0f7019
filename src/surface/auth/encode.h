// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>

#include "identity/accounts.h"
#include "identity/authorization.h"
#include "identity/consents.h"
#include "surface/rest/encode.h"

namespace ashlar::surface::auth {

// {"data": ..., "meta": ...}; `write` writes what stands in data.
template <class Write>
std::string Enveloped(const rest::Meta& meta, const Write& write) {
  std::string body;
  json::Writer out(body);
  out.BeginObject();
  out.Key("data");
  write(out);
  rest::WriteMeta(out, meta);
  out.EndObject();
  return body;
}

// A key as its owner sees it; `secret`: with the key itself, which is shown once.
void WriteKey(json::Writer& out, const identity::ApiKeySeen& key, std::string_view secret = {});
void WriteKeys(json::Writer& out, std::span<const identity::ApiKeySeen> keys);
// {"data": {}, "meta": ...}
std::string EncodeNothing(const rest::Meta& meta);
// {"data": {"user": ...}, "meta": ...}
std::string EncodeUser(const model::Service& service, const call::Outcome& user, const rest::Meta& meta);
// {"data": {"accessToken", "tokenType", "expiresIn", "refreshToken", "user"}, "meta": ...}
std::string EncodeSignedIn(const model::Service& service, const identity::SignedIn& signed_in, const rest::Meta& meta);
// {"data": {"csrfToken", "user"}, "meta": ...}
std::string EncodeBrowser(const model::Service& service, const call::Outcome& user, std::string_view csrf,
                          const rest::Meta& meta);
// {"data": {"secret", "uri"}, "meta": ...}
std::string EncodeTotp(const identity::TotpBegun& begun, const rest::Meta& meta);
// {"data": {"url"}, "meta": ...}
std::string EncodeUrl(std::string_view url, const rest::Meta& meta);
// {"data": {"recoveryCodes": [...]}, "meta": ...}
std::string EncodeRecoveryCodes(std::span<const std::string> codes, const rest::Meta& meta);
// {"data": [{"id", "createdAt", "rotatedAt", "expiresAt", "agent", "current"}], "meta": ...}
std::string EncodeSessions(std::span<const identity::SessionSeen> sessions, std::string_view current,
                           const rest::Meta& meta);
// {"data": [{"client", "name", "scopes", "givenAt"}], "meta": ...}
std::string EncodeConsents(std::span<const identity::Consent> consents, const rest::Meta& meta);
// {"data": {"user", "sessions", "apiKeys", "links", "rows": {"orders": [...]}, "more": ["orders"]}, "meta": ...};
// "more" only where there may be rows that are not here.
std::string EncodeOwnData(const model::Service& service, const identity::OwnData& data, std::string_view current,
                          const rest::Meta& meta);

}  // namespace ashlar::surface::auth
