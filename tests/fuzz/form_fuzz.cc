// SPDX-License-Identifier: Apache-2.0
// ReadForm, ReadAuthorization and ReadClientMetadata: what is read is written and read again as it is, no name twice;
// whatever a request says, its answer goes to an address of the client's alone; and whatever a program says of itself,
// it gets no more than such a one may have.
#include "surface/oauth/form.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "identity/authorization.h"
#include "identity/client_metadata.h"
#include "model/provider.h"

namespace {

const ashlar::model::Provider& Provided() {
  static const ashlar::model::Provider provider = [] {
    ashlar::model::Client app;
    app.id = "app";
    app.redirects = {"https://app.example/cb", "http://127.0.0.1/cb"};
    app.scopes = {"openid", "email"};
    return ashlar::model::Provider{"https://id.test", {app}};
  }();
  return provider;
}

void Judge(const ashlar::http::Parameters& parameters) {
  const std::string id = ashlar::identity::ParameterOf(parameters, "client_id");
  auto asked = ashlar::identity::ReadAuthorization(Provided().Borrow(id), parameters);
  const ashlar::identity::ReturnTo* to = asked ? &asked->to : asked.error().to ? &*asked.error().to : nullptr;
  if (to == nullptr) return;
  const std::string& uri = to->redirect_uri;
  const bool own = uri == "https://app.example/cb" || uri == "http://127.0.0.1/cb" ||
                   (uri.starts_with("http://127.0.0.1:") && uri.ends_with("/cb") && !uri.contains('@'));
  if (!own) std::abort();
  if (asked && (asked->challenge.size() != 43 || asked->scope.empty())) std::abort();
}

void Require(bool condition) {
  if (!condition) std::abort();
}

void Register(std::string_view text) {
  using ashlar::model::Client;
  using ashlar::model::ClientGrant;
  static const Client like = [] {
    Client client;
    client.scopes = {"openid", "offline_access", "read"};
    client.grants = static_cast<uint8_t>(ClientGrant::kCode) | static_cast<uint8_t>(ClientGrant::kRefresh);
    return client;
  }();
  auto metadata = ashlar::identity::ReadClientMetadata(like, text);
  if (!metadata) return;
  const Client& client = metadata->client;
  Require(!client.redirects.empty() && client.redirects.size() <= Client::kMostUris);
  Require(client.after_logout.size() <= Client::kMostUris);
  for (const auto* uris : {&client.redirects, &client.after_logout}) {
    for (const std::string& uri : *uris) Require(ashlar::model::IsRedirectUri(uri, !metadata->has_secret()));
  }
  Require(!client.name.empty() && client.name.size() <= ashlar::identity::ClientMetadata::kMostName);
  Require(std::ranges::none_of(client.name, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }));
  Require(!client.scopes.empty() && std::ranges::all_of(client.scopes, [](auto& one) { return like.HasScope(one); }));
  Require(client.Has(ClientGrant::kCode) && (client.grants & ~like.grants) == 0);
  Require(client.Has(ClientGrant::kRefresh) == client.HasScope("offline_access"));
  Require(client.id.empty() && !client.secret && !client.trusted);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Register(text);
  constexpr std::string_view kType = "application/x-www-form-urlencoded";
  auto form = ashlar::surface::oauth::ReadForm(kType, text);
  if (!form) return 0;
  std::set<std::string> names;
  for (const auto& [name, value] : *form) {
    if (value.empty() || !names.insert(name).second) std::abort();
  }
  const std::string written = ashlar::surface::oauth::WriteForm(*form);
  auto again = ashlar::surface::oauth::ReadForm(kType, written);
  if (written.size() <= ashlar::surface::oauth::kMostForm && (!again || *again != *form)) std::abort();
  Judge(*form);
  return 0;
}
