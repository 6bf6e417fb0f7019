// SPDX-License-Identifier: Apache-2.0
// What clients ask for themselves: tokens, what they are worth, their end, and whom they are for.
#include "base/await.h"
#include "base/json/writer.h"
#include "surface/oauth/client_credential.h"
#include "surface/oauth/handlers.h"

namespace ashlar::surface::oauth {
namespace {

using identity::Deny;
using identity::OauthAnswer;

// RFC 6749, 5.1; OpenID Connect Core, 3.1.3.3.
http::Response TokenAnswer(const identity::ClientTokens& tokens) {
  std::string body;
  json::Writer out(body);
  out.BeginObject();
  out.Field("access_token", tokens.access);
  out.Field("token_type", "Bearer");
  out.Field("expires_in", tokens.expires_in);
  if (!tokens.refresh.empty()) out.Field("refresh_token", tokens.refresh);
  if (!tokens.id.empty()) out.Field("id_token", tokens.id);
  out.Field("scope", tokens.scope);
  out.EndObject();
  return JsonAnswer(200, std::move(body));
}

Task<OauthAnswer<identity::ClientTokens>> ForCode(Asked& asked, const model::Client& client) {
  identity::ClientSessions::Brought brought{asked.Parameter("code"), asked.Parameter("redirect_uri"),
                                            asked.Parameter("code_verifier")};
  if (brought.code.empty() || brought.redirect_uri.empty() || brought.verifier.empty()) {
    co_return Deny("invalid_request", "code, redirect_uri and code_verifier are required");
  }
  auto tokens = co_await asked.provider.clients().Redeem(asked.context, client, std::move(brought));
  co_return tokens;
}

Task<OauthAnswer<identity::ClientTokens>> ForRefresh(Asked& asked, const model::Client& client) {
  std::string token = asked.Parameter("refresh_token");
  if (token.empty()) co_return Deny("invalid_request", "refresh_token is required");
  std::string scope = asked.Parameter("scope");
  auto tokens = co_await asked.provider.clients().Refresh(asked.context, client, std::move(token), std::move(scope));
  co_return tokens;
}

Task<OauthAnswer<identity::ClientTokens>> ForDevice(Asked& asked, const model::Client& client) {
  std::string code = asked.Parameter("device_code");
  if (code.empty()) co_return Deny("invalid_request", "device_code is required");
  auto tokens = co_await asked.provider.devices().Poll(asked.context, client, std::move(code));
  co_return tokens;
}

// RFC 6749, 4.4.
Task<OauthAnswer<identity::ClientTokens>> ForItself(Asked& asked, const model::Client& client) {
  co_return asked.provider.clients().ForItself(asked.context, client, asked.Parameter("scope"));
}

struct Grant {
  model::ClientGrant grant;
  Task<OauthAnswer<identity::ClientTokens>> (*give)(Asked& asked, const model::Client& client);
};
constexpr Grant kGrants[] = {{model::ClientGrant::kCode, ForCode},
                             {model::ClientGrant::kRefresh, ForRefresh},
                             {model::ClientGrant::kDevice, ForDevice},
                             {model::ClientGrant::kCredentials, ForItself}};

// RFC 7662, 2.2.
std::string Introspection(const std::string& issuer, const std::optional<identity::LiveToken>& live) {
  std::string body;
  json::Writer out(body);
  out.BeginObject();
  out.Field("active", live.has_value());
  if (live) {
    out.Field("iss", issuer);
    out.Field("sub", live->claims.subject);
    out.Field("client_id", live->claims.client);
    out.Field("scope", live->claims.scope);
    out.Field("iat", live->claims.issued_at);
    out.Field("exp", live->claims.expires_at);
    if (!live->refresh) {
      out.Field("aud", issuer);
      out.Field("jti", live->claims.id);
      out.Field("token_type", "Bearer");
    }
  }
  out.EndObject();
  return body;
}

}  // namespace

Task<http::Response> GiveTokens(Asked& asked) {
  auto client = co_await ReadClient(asked);
  if (!client) co_return ClientError(asked, client.error());
  const std::string type = asked.Parameter("grant_type");
  if (type.empty()) co_return ErrorAnswer({"invalid_request", "grant_type is required"});
  auto grant = std::ranges::find_if(kGrants, [&](const Grant& one) { return TypeOf(one.grant) == type; });
  if (grant == std::end(kGrants)) {
    co_return ErrorAnswer({"unsupported_grant_type", "grant_type is one of those that the metadata names"});
  }
  if (!(*client)->Has(grant->grant)) co_return ErrorAnswer({"unauthorized_client", "the client has no such grant"});
  auto tokens = co_await grant->give(asked, **client);
  if (tokens) co_await asked.provider.registered().NoteUse(asked.context, (*client)->id);
  co_return tokens ? TokenAnswer(*tokens) : ErrorAnswer(tokens.error());
}

// A client is told of its own tokens alone: those of others are nobody's to it.
Task<http::Response> Introspect(Asked& asked) {
  auto client = co_await ReadClient(asked);
  if (client && !(*client)->secret) client = Deny("invalid_client", "this is for clients that have a secret", 401);
  if (!client) co_return ClientError(asked, client.error());
  std::string token = asked.Parameter("token");
  if (token.empty()) co_return ErrorAnswer({"invalid_request", "token is required"});
  auto live = co_await asked.provider.clients().Look(asked.context, std::move(token));
  if (!live) co_return ErrorAnswer(live.error());
  if (*live && (*live)->claims.client != (*client)->id) *live = std::nullopt;
  co_return JsonAnswer(200, Introspection(asked.provider.model().issuer, *live));
}

Task<http::Response> Revoke(Asked& asked) {
  auto client = co_await ReadClient(asked);
  if (!client) co_return ClientError(asked, client.error());
  std::string token = asked.Parameter("token");
  if (token.empty()) co_return ErrorAnswer({"invalid_request", "token is required"});
  auto done = co_await asked.provider.clients().Revoke(asked.context, **client, std::move(token));
  if (!done) co_return ErrorAnswer(done.error());
  co_return http::Response{200, {}, ""};
}

// No cookie is looked at, and no token of the form or the query (RFC 9700, 4.3.2).
Task<http::Response> ShowUser(Asked& asked) {
  std::string token = BearerOf(asked.request);
  if (token.empty()) co_return NoBearer("an access token is needed");
  auto shown = co_await asked.provider.UserInfo(asked.context, std::move(token));
  co_return shown ? JsonAnswer(200, json::ToText(*shown)) : BearerError(shown.error());
}

}  // namespace ashlar::surface::oauth
