// SPDX-License-Identifier: Apache-2.0
// What the provider tells of itself (OpenID Connect Discovery, 3; RFC 8414).
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/json/writer.h"
#include "surface/oauth/handlers.h"

namespace ashlar::surface::oauth {
namespace {

void WriteTexts(json::Writer& out, std::string_view name, std::initializer_list<std::string_view> texts) {
  out.Key(name);
  out.BeginArray();
  for (std::string_view text : texts) out.String(text);
  out.EndArray();
}

std::string MetadataOf(const model::Provider& provider, SignatureAlgorithm algorithm) {
  std::string body;
  json::Writer out(body);
  auto place = [&](std::string_view name, std::string_view path) {
    out.Field(name, fmt::format("{}{}", provider.issuer, path));
  };
  out.BeginObject();
  out.Field("issuer", provider.issuer);
  place("authorization_endpoint", "/oauth/authorize");
  place("pushed_authorization_request_endpoint", "/oauth/par");
  place("token_endpoint", "/oauth/token");
  place("device_authorization_endpoint", "/oauth/device");
  place("userinfo_endpoint", "/oauth/userinfo");
  place("introspection_endpoint", "/oauth/introspect");
  place("revocation_endpoint", "/oauth/revoke");
  place("end_session_endpoint", "/oauth/logout");
  if (provider.registration) place("registration_endpoint", "/oauth/register");
  place("jwks_uri", "/.well-known/jwks.json");
  out.Key("scopes_supported");
  out.BeginArray();
  for (std::string_view scope : model::kClientScopes) out.String(scope);
  for (const std::string& scope : provider.DataScopes()) out.String(scope);
  out.EndArray();
  WriteTexts(out, "response_types_supported", {"code"});
  WriteTexts(out, "response_modes_supported", {"query", "form_post"});
  out.Key("grant_types_supported");
  out.BeginArray();
  for (model::ClientGrant grant : model::kClientGrants) out.String(TypeOf(grant));
  out.EndArray();
  WriteTexts(out, "code_challenge_methods_supported", {"S256"});
  WriteTexts(out, "token_endpoint_auth_methods_supported", {"client_secret_basic", "client_secret_post", "none"});
  WriteTexts(out, "introspection_endpoint_auth_methods_supported", {"client_secret_basic", "client_secret_post"});
  WriteTexts(out, "revocation_endpoint_auth_methods_supported", {"client_secret_basic", "client_secret_post", "none"});
  WriteTexts(out, "subject_types_supported", {"public"});
  WriteTexts(out, "id_token_signing_alg_values_supported", {NameOf(algorithm)});
  WriteTexts(out, "prompt_values_supported", {"none", "login", "consent", "select_account"});
  WriteTexts(out, "claims_supported",
             {"iss", "aud", "sub", "iat", "exp", "auth_time", "nonce", "sid", "email", "email_verified"});
  out.Field("authorization_response_iss_parameter_supported", true);
  out.Field("claims_parameter_supported", false);
  out.Field("request_parameter_supported", false);
  out.Field("request_uri_parameter_supported", false);
  out.EndObject();
  return body;
}

}  // namespace

Task<http::Response> ShowMetadata(Asked& asked) {
  co_return JsonAnswer(200, MetadataOf(asked.provider.model(), asked.provider.keys().signing().algorithm()));
}

}  // namespace ashlar::surface::oauth
