// SPDX-License-Identifier: Apache-2.0
#include "base/near.h"
#include "contract/expr_walk.h"
#include "contract/names_form.h"
#include "contract/sections/sections.h"
#include "model/bounds.h"

namespace ashlar::contract {
namespace {

using model::Client;
using model::ClientGrant;

constexpr NameForm kClientForm = {.first = kLower, .rest = kLower | kDigit | kHyphen, .most = 63};
constexpr size_t kMostName = 100;  // bytes

// The addresses of a list that are right; what is wrong with the others is told.
std::vector<std::string> ReadUris(const Members& members, std::string_view key, bool native, Mistakes& mistakes) {
  std::vector<std::string> uris;
  const Node* list = members.Value(key);
  if (list == nullptr) return uris;
  if (list->items.size() > Client::kMostUris) {
    mistakes.Add(list->items[Client::kMostUris].place, Problem::kTooMany, int64_t{Client::kMostUris}, key);
  }
  for (const Node& item : list->items) {
    if (item.unset) continue;
    if (model::IsRedirectUri(item.text, native)) {
      uris.push_back(item.text);
    } else {
      mistakes.Add(item.place, Problem::kClientUri, item.Shown());
    }
  }
  return uris;
}

// What stands in a file that many read is no secret.
std::optional<Digest> ReadSecret(const Members& members, std::string_view key, Problem problem, Mistakes& mistakes) {
  const Node* secret = members.Value(key);
  if (secret == nullptr) return std::nullopt;
  if (!secret->filled || secret->text.size() < Client::kLeastSecret) {
    mistakes.Add(secret->place, problem, int64_t{Client::kLeastSecret});
  }
  return Sha256(secret->text);
}

void ReadGrants(const Members& members, Client& client, Mistakes& mistakes) {
  const Node* list = members.Value("grants");
  if (list == nullptr) return;
  client.grants = 0;
  for (const Node& item : list->items) {
    if (item.unset) continue;
    auto grant = model::ClientGrantOf(item.text);
    if (grant) client.grants |= static_cast<uint8_t>(*grant);
    if (!grant) mistakes.Add(item.place, Problem::kClientGrant, item.Shown());
  }
  const bool begins =
      client.Has(ClientGrant::kCode) || client.Has(ClientGrant::kDevice) || client.Has(ClientGrant::kCredentials);
  if (!begins) mistakes.Add(list->place, Problem::kClientGrants);
}

std::string NearScope(const model::Service& service, std::string_view text) {
  const std::vector<std::string> names(std::begin(model::kClientScopes), std::end(model::kClientScopes));
  std::string near = Near(text, names);
  return near.empty() ? model::NearBound(service, text) : near;
}

void ReadScopes(const Members& members, const model::Service& service, const std::set<std::string>& asked,
                Client& client, Mistakes& mistakes) {
  const Node* list = members.Value("scopes");
  if (list == nullptr) return;
  for (const Node& item : list->items) {
    if (item.unset) continue;
    const bool opens = model::IsBound(service, item.text) || (asked.contains(item.text) && model::IsScope(item.text));
    const bool known = opens || !model::IsDataScope(item.text);
    if (!known) {
      mistakes.Suggest(item.place, Problem::kClientScope, item.filled ? "" : NearScope(service, item.text),
                       item.Shown());
    }
    if (known && !client.HasScope(item.text)) client.scopes.push_back(item.text);
  }
  std::ranges::sort(client.scopes, {}, [](const std::string& scope) {
    return std::pair(std::ranges::find(model::kClientScopes, scope), scope);
  });
  if (fmt::format("{}", fmt::join(client.scopes, " ")).size() > Client::kMostScopes) {
    mistakes.Add(list->place, Problem::kClientScopes, int64_t{Client::kMostScopes});
  }
  if (list->items.empty()) mistakes.Add(list->place, Problem::kWrongShape, "scopes", NameOf(Shape::kNames));
}

Client ReadClient(const Entry& entry, const model::Service& service, const std::set<std::string>& asked,
                  Mistakes& mistakes) {
  Members members(entry.value, ClientKeys(), "a client", mistakes);
  Client client;
  client.id = entry.key;
  client.name = members.Has("name") ? members.Text("name") : entry.key;
  const bool named = !client.name.empty() && client.name.size() <= kMostName;
  if (const Node* name = members.Value("name"); name != nullptr && !named) {
    mistakes.Add(name->place, Problem::kWrongShape, "name", "a text of few words");
  }
  client.secret = ReadSecret(members, "secret", Problem::kClientSecret, mistakes);
  const bool native = !members.Has("secret");
  client.redirects = ReadUris(members, "redirectUris", native, mistakes);
  client.after_logout = ReadUris(members, "postLogoutRedirectUris", native, mistakes);
  ReadGrants(members, client, mistakes);
  ReadScopes(members, service, asked, client, mistakes);
  const bool placeless = client.Has(ClientGrant::kCode) && !members.Has("redirectUris");
  if (placeless) mistakes.Add(entry.place, Problem::kClientPlace);
  const bool opens = std::ranges::any_of(client.scopes, model::IsDataScope);
  if (client.Has(ClientGrant::kCredentials) && (native || !opens)) {
    mistakes.Add(members.Value("grants")->place, Problem::kClientItself);
  }
  const Entry* scopes = members.Find("scopes");
  if (scopes != nullptr && client.Has(ClientGrant::kRefresh) != client.HasScope("offline_access")) {
    mistakes.Add(scopes->place, Problem::kClientOffline);
  }
  client.trusted = members.Flag("trusted");
  const Node* trusted = members.Value("trusted");
  if (client.trusted && native && trusted != nullptr) mistakes.Add(trusted->place, Problem::kClientTrusted);
  return client;
}

// A stranger's program gets no grant by which it would act for itself, and none for which somebody else could have
// sent the code.
model::Registration ReadRegistration(const Node& node, const model::Service& service,
                                     const std::set<std::string>& asked, Mistakes& mistakes) {
  Members members(node, RegistrationKeys(), "'registration'", mistakes);
  model::Registration registration;
  registration.token = ReadSecret(members, "token", Problem::kRegistrationToken, mistakes);
  // A variable that is not set lets nobody in.
  if (members.Has("token") && !registration.token) registration.token.emplace();
  if (members.Flag("open") == members.Has("token")) mistakes.Add(node.place, Problem::kRegistrationWho);
  Client& like = registration.like;
  ReadScopes(members, service, asked, like, mistakes);
  if (!members.Has("scopes")) like.scopes = {"openid"};
  if (like.HasScope("offline_access")) like.grants |= static_cast<uint8_t>(ClientGrant::kRefresh);
  return registration;
}

void ReadClients(const Node& clients, model::Provider& provider, const std::set<std::string>& asked, Draft& draft) {
  if (clients.entries.size() > Client::kMost) {
    draft.mistakes.Add(clients.entries[Client::kMost].place, Problem::kTooMany, int64_t{Client::kMost}, "clients");
    return;
  }
  for (const Entry& entry : clients.entries) {
    if (!HasForm(entry.key, kClientForm)) draft.mistakes.Add(entry.place, Problem::kClientName);
    if (!IsMapping(entry.value)) {
      draft.mistakes.Add(entry.value.place, Problem::kWrongShape, entry.key, NameOf(Shape::kMapping));
      continue;
    }
    provider.clients.push_back(ReadClient(entry, *draft.service, asked, draft.mistakes));
  }
}

}  // namespace

void ReadProvider(Draft& draft) {
  const Node* section = draft.top->Value("identity");
  if (section == nullptr) return;
  Members identity(*section, IdentityKeys(), "'identity'", draft.mistakes);
  const Node* node = identity.Value("provider");
  if (node == nullptr) return;
  Members members(*node, ProviderKeys(), "'provider'", draft.mistakes);
  model::Provider& provider = draft.service->identity->provider.emplace();
  if (const Node* issuer = members.Value("issuer")) {
    provider.issuer = issuer->text;
    const auto& others = draft.service->identity->issuers;
    const bool other = std::ranges::find(others, provider.issuer, &model::Issuer::issuer) != others.end();
    if (!model::IsProviderIssuer(issuer->text)) draft.mistakes.Add(issuer->place, Problem::kProviderIssuer);
    if (other) draft.mistakes.Add(issuer->place, Problem::kProviderTwice);
  }
  if (!members.Has("clients") && !members.Has("registration")) {
    draft.mistakes.Add(node->place, Problem::kMissingKey, "'provider'", "clients");
  }
  const std::set<std::string> asked = AskedScopes(*draft.service);
  if (const Node* clients = members.Value("clients")) ReadClients(*clients, provider, asked, draft);
  if (const Node* registration = members.Value("registration")) {
    provider.registration = ReadRegistration(*registration, *draft.service, asked, draft.mistakes);
  }
}

}  // namespace ashlar::contract
