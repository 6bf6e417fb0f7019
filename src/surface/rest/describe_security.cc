// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/describe_security.h"

#include "identity/browser_session.h"

namespace ashlar::surface::rest {
namespace {

constexpr std::string_view kBearer =
    R"("bearer":{"type":"http","scheme":"bearer","bearerFormat":"JWT","description":)"
    R"("A token that the service signed, as `Authorization: Bearer TOKEN`; checked as RFC8725 says."})";
constexpr std::string_view kApiKey = R"(,"apiKey":{"type":"apiKey","in":"header","name":"X-Api-Key","description":)"
                                     R"("A key of a user, for a program; also as `Authorization: Bearer KEY`."})";

bool TakesKeys(const model::Service& service) { return service.identity && service.identity->api_keys; }
bool TakesCookies(const model::Service& service) { return service.identity && service.identity->cookies; }

bool ServesClients(const model::Service& service) {
  return service.identity && service.identity->provider && !service.identity->provider->DataScopes().empty();
}

// By which programs get tokens that open data.
std::string ClientFlows(const model::Provider& provider) {
  std::string scopes;
  for (const std::string& scope : provider.DataScopes()) {
    scopes += fmt::format(R"({}"{}":"Within the rules, what it names.")", scopes.empty() ? "" : ",", scope);
  }
  const std::string token = fmt::format(R"("tokenUrl":"{}/oauth/token","scopes":{{{}}})", provider.issuer, scopes);
  return fmt::format(
      R"(,"oauth2":{{"type":"oauth2","description":"The token of a program.","flows":{{"authorizationCode":)"
      R"({{"authorizationUrl":"{}/oauth/authorize",{}}},"clientCredentials":{{{}}}}}}})",
      provider.issuer, token, token);
}

}  // namespace

void WriteSecurity(const model::Service& service, Credentials taken, json::Writer& out) {
  std::string all = taken.none ? R"({},{"bearer":[]})" : R"({"bearer":[]})";
  if (taken.keys && TakesKeys(service)) all += R"(,{"apiKey":[]})";
  if (taken.clients && ServesClients(service)) all += R"(,{"oauth2":[]})";
  if (TakesCookies(service)) all += taken.writes ? R"(,{"cookie":[],"csrf":[]})" : R"(,{"cookie":[]})";
  out.Key("security");
  out.Raw(fmt::format("[{}]", all));
}

void WriteSecuritySchemes(const model::Service& service, json::Writer& out) {
  std::string all(kBearer);
  if (TakesKeys(service)) all += kApiKey;
  if (ServesClients(service)) all += ClientFlows(*service.identity->provider);
  if (TakesCookies(service)) {
    all += fmt::format(
        R"(,"cookie":{{"type":"apiKey","in":"cookie","name":"{}","description":"The session of a browser."}})"
        R"(,"csrf":{{"type":"apiKey","in":"header","name":"{}","description":)"
        R"("What signing in gave a page beside the cookie."}})",
        identity::kSessionCookie, identity::kCsrfHeader);
  }
  out.Key("securitySchemes");
  out.Raw(fmt::format("{{{}}}", all));
}

}  // namespace ashlar::surface::rest
