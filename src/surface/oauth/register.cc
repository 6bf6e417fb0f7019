// SPDX-License-Identifier: Apache-2.0
// Programs that register themselves as clients (RFC 7591; OpenID Connect Dynamic Client Registration).
#include "base/await.h"
#include "base/crypto/hmac.h"
#include "base/json/writer.h"
#include "base/utf8_words.h"
#include "identity/registered_clients.h"
#include "surface/oauth/handlers.h"
#include "surface/rest/accept.h"

namespace ashlar::surface::oauth {
namespace {

using identity::ClientMetadata;
using identity::ClientRegistered;

bool IsToken(const Digest& kept, std::string_view given) {
  const Digest digest = Sha256(given);
  auto bytes = [](const Digest& one) {
    return std::string_view(reinterpret_cast<const char*>(one.data()), one.size());
  };
  return EqualInConstantTime(bytes(kept), bytes(digest));
}

void WriteTexts(json::Writer& out, std::string_view name, const std::vector<std::string>& texts) {
  out.Key(name);
  out.BeginArray();
  for (const std::string& text : texts) out.String(text);
  out.EndArray();
}

// All that is kept of it, as RFC 7591, 3.2.1, has it; and by what its ID tokens are signed, as OpenID Connect
// Registration, 2, has it by another algorithm where nothing is said.
std::string Registered(const ClientRegistered& made, std::string_view auth_method, SignatureAlgorithm algorithm) {
  const model::Client& client = *made.client;
  std::string body;
  json::Writer out(body);
  out.BeginObject();
  out.Field("client_id", client.id);
  if (!made.secret.empty()) out.Field("client_secret", made.secret);
  out.Field("client_id_issued_at", made.issued_at);
  if (!made.secret.empty()) out.Field("client_secret_expires_at", 0);
  out.Field("client_name", client.name);
  WriteTexts(out, "redirect_uris", client.redirects);
  if (!client.after_logout.empty()) WriteTexts(out, "post_logout_redirect_uris", client.after_logout);
  out.Field("token_endpoint_auth_method", auth_method);
  std::vector<std::string> grants;
  for (model::ClientGrant grant : model::kClientGrants) {
    if (client.Has(grant)) grants.emplace_back(TypeOf(grant));
  }
  WriteTexts(out, "grant_types", grants);
  WriteTexts(out, "response_types", {"code"});
  out.Field("scope", fmt::format("{}", fmt::join(client.scopes, " ")));
  out.Field("id_token_signed_response_alg", NameOf(algorithm));
  out.EndObject();
  return body;
}

// Whether it would have browsers come back to this service, which is no program's to name.
bool IsOurs(const model::Client& client, std::string_view issuer) {
  auto ours = [&](const std::string& uri) { return model::RedirectOriginOf(uri) == issuer; };
  return std::ranges::any_of(client.redirects, ours) || std::ranges::any_of(client.after_logout, ours);
}

// Whether a client of the contract goes by that name, or by one that looks like it.
bool IsNamed(const model::Provider& provider, const std::string& name) {
  const std::string folded = FoldWords(name);
  return std::ranges::any_of(provider.clients, [&](const auto& one) { return FoldWords(one.name) == folded; });
}

}  // namespace

Task<http::Response> RegisterClient(Asked& asked) {
  const model::Registration& registration = *asked.provider.model().registration;
  if (registration.token) {
    const std::string token = BearerOf(asked.request);
    if (token.empty()) co_return NoBearer("the token is needed that lets clients register");
    if (!IsToken(*registration.token, token)) co_return BearerError({"invalid_token", "the token is not valid", 401});
  }
  if (rest::MediaType(asked.request.Find("Content-Type").value_or("")) != "application/json") {
    co_return ErrorAnswer({"invalid_client_metadata", "the body must be application/json"});
  }
  auto metadata = identity::ReadClientMetadata(registration.like, asked.request.body);
  if (!metadata) co_return ErrorAnswer(metadata.error());
  if (IsOurs(metadata->client, asked.provider.model().issuer)) {
    co_return ErrorAnswer({"invalid_redirect_uri", "an address of this service itself is no program's"});
  }
  if (IsNamed(asked.provider.model(), metadata->client.name)) {
    co_return ErrorAnswer({"invalid_client_metadata", "client_name is the name of another client"});
  }
  const std::string method = metadata->auth_method;
  auto made = co_await asked.provider.registered().Register(asked.context, std::move(*metadata),
                                                            registration.token.has_value());
  if (!made) co_return ErrorAnswer(made.error());
  co_return JsonAnswer(201, Registered(*made, method, asked.provider.keys().signing().algorithm()));
}

}  // namespace ashlar::surface::oauth
