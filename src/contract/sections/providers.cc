// SPDX-License-Identifier: Apache-2.0
#include "base/http_fetch.h"
#include "contract/names_form.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

using model::OpenIdProvider;

constexpr NameForm kProviderForm = {.first = kLower, .rest = kLower | kDigit | kHyphen, .most = 32};
constexpr size_t kMostReturns = 10;
constexpr size_t kMostText = 255;
constexpr size_t kMostReturn = 500;  // bytes

bool IsVisible(char c) { return c > ' ' && c <= '~'; }

// RFC 6749, 3.3: no quotes and no backslash.
bool IsScope(std::string_view text) {
  return !text.empty() && text.size() <= kMostText &&
         std::ranges::all_of(text, [](char c) { return IsVisible(c) && c != '"' && c != '\\'; });
}

// RFC 6749, appendix A, and no more than what is kept anywhere.
bool IsClientText(std::string_view text) {
  return !text.empty() && text.size() <= kMostText &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// Behind it comes what the page is told, and the browser must not take that for another host.
bool IsReturn(const std::string& text) {
  return text.size() <= kMostReturn && IsFetchable(text) &&
         std::ranges::none_of(text, [](char c) { return std::string_view("\"<>\\^`{|}").contains(c); });
}

void ReadScopes(const Members& members, OpenIdProvider& provider, Mistakes& mistakes) {
  const Node* list = members.Value("scopes");
  if (list == nullptr) {
    provider.scopes = {"openid", "email", "profile"};
    return;
  }
  bool wrong = list->items.size() > OpenIdProvider::kMostScopes, open = false;
  for (const Node& item : list->items) {
    open = open || item.unset;
    wrong = wrong || (!item.unset && !IsScope(item.text));
    provider.scopes.push_back(item.text);
  }
  wrong = wrong || (!open && std::ranges::find(provider.scopes, "openid") == provider.scopes.end());
  if (wrong) mistakes.Add(list->place, Problem::kProviderScopes);
}

OpenIdProvider ReadProvider(const Entry& entry, Draft& draft) {
  Mistakes& mistakes = draft.mistakes;
  OpenIdProvider provider;
  provider.name = entry.key;
  if (!HasForm(entry.key, kProviderForm)) mistakes.Add(entry.place, Problem::kProviderName);
  if (!IsMapping(entry.value)) {
    mistakes.Add(entry.value.place, Problem::kWrongShape, entry.key, Wanted(Shape::kMapping, OpenIdProviderKeys()));
    return provider;
  }
  Members members(entry.value, OpenIdProviderKeys(), "a provider", mistakes);
  if (const Node* url = members.Value("issuer")) {
    provider.issuer.issuer = url->text;
    if (!IsIssuerUrl(url->text)) mistakes.Add(url->place, Problem::kIssuerUrl, "issuer");
  }
  if (const Node* id = members.Value("clientId")) {
    provider.issuer.audience = id->text;
    if (!IsClientText(id->text)) mistakes.Add(id->place, Problem::kWrongShape, "clientId", NameOf(Shape::kText));
  }
  if (const Node* secret = members.Value("clientSecret")) {
    provider.secret.text = secret->text;
    if (!secret->filled || !IsClientText(secret->text)) mistakes.Add(secret->place, Problem::kProviderSecret);
  }
  ReadScopes(members, provider, mistakes);
  provider.issuer.algorithms.assign(std::begin(kSignatureAlgorithms), std::end(kSignatureAlgorithms));
  provider.issuer.private_addresses = members.Flag("private") || NamesAddress(provider.issuer.issuer);
  return provider;
}

void ReadReturns(const Members& identity, Draft& draft) {
  const Node* list = identity.Value("returnTo");
  if (list == nullptr) return;
  if (list->items.size() > kMostReturns) {
    draft.mistakes.Add(list->items[kMostReturns].place, Problem::kTooMany, kMostReturns, "addresses to return to");
  }
  for (const Node& item : list->items) {
    if (item.unset) continue;
    if (!IsReturn(item.text)) draft.mistakes.Add(item.place, Problem::kReturnTo);
    draft.service->identity->return_to.push_back(item.text);
  }
}

}  // namespace

void ReadProviders(Draft& draft) {
  const Node* section = draft.top->Value("identity");
  if (section == nullptr) return;
  Members identity(*section, IdentityKeys(), "'identity'", draft.mistakes);
  ReadReturns(identity, draft);
  const Node* named = identity.Value("providers");
  if (named == nullptr) return;
  if (named->entries.size() > OpenIdProvider::kMost) {
    draft.mistakes.Add(named->entries[OpenIdProvider::kMost].place, Problem::kTooMany, int64_t{OpenIdProvider::kMost},
                       "providers");
  }
  auto& providers = draft.service->identity->providers;
  for (const Entry& entry : named->entries) {
    OpenIdProvider provider = ReadProvider(entry, draft);
    const std::string& issuer = provider.issuer.issuer;
    auto same = [&](const OpenIdProvider& other) { return other.issuer.issuer == issuer; };
    if (!issuer.empty() && std::ranges::any_of(providers, same)) {
      draft.mistakes.Add(entry.value.Find("issuer")->place, Problem::kIssuerTwice);
    }
    providers.push_back(std::move(provider));
  }
}

}  // namespace ashlar::contract
