// SPDX-License-Identifier: Apache-2.0
#include "base/http_fetch.h"
#include "base/near.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

using model::Issuer;

// Of a text that says something.
std::string ReadText(const Members& members, std::string_view key, Mistakes& mistakes) {
  const Node* node = members.Value(key);
  if (node == nullptr) return "";
  if (node->text.empty()) mistakes.Add(node->place, Problem::kWrongShape, key, NameOf(Shape::kText));
  return node->text;
}

void ReadPlaces(const Members& members, Issuer& issuer, Mistakes& mistakes) {
  if (const Node* url = members.Value("issuer")) {
    issuer.issuer = url->text;
    if (!IsIssuerUrl(url->text)) mistakes.Add(url->place, Problem::kIssuerUrl, "issuer");
  }
  if (const Node* url = members.Value("jwks")) {
    issuer.jwks = url->text;
    if (!IsFetchable(url->text)) mistakes.Add(url->place, Problem::kIssuerUrl, "jwks");
  }
  // Whoever writes an address down knows where it leads; of a name that is for those to say who own it.
  issuer.private_addresses = members.Flag("private") || NamesAddress(issuer.issuer) || NamesAddress(issuer.jwks);
}

void ReadAlgorithms(const Members& members, Issuer& issuer, Mistakes& mistakes) {
  const Node* list = members.Value("algorithms");
  if (list == nullptr) {
    issuer.algorithms.assign(std::begin(kSignatureAlgorithms), std::end(kSignatureAlgorithms));
    return;
  }
  for (const Node& item : list->items) {
    if (item.unset) continue;
    auto algorithm = SignatureAlgorithmOf(item.text);
    if (algorithm) issuer.algorithms.push_back(*algorithm);
    if (!algorithm) mistakes.Add(item.place, Problem::kIssuerAlgorithm);
  }
  if (list->items.empty()) mistakes.Add(list->place, Problem::kIssuerAlgorithm);
}

void ReadRights(const Members& members, Issuer& issuer, Draft& draft) {
  if (const Node* user = members.Value("user")) {
    issuer.subject_is_user = user->text == "subject";
    if (!issuer.subject_is_user) draft.mistakes.Add(user->place, Problem::kIssuerUser);
  }
  issuer.roles_claim = ReadText(members, "rolesClaim", draft.mistakes);
  const Node* roles = members.Value("roles");
  const Entry* alone = members.Find(members.Has("roles") ? "roles" : "rolesClaim");
  if (members.Has("roles") != members.Has("rolesClaim") && alone != nullptr) {
    draft.mistakes.Add(alone->place, Problem::kIssuerRoles);
  }
  if (roles == nullptr) return;
  std::vector<std::string> names;
  for (const model::Role& role : draft.service->roles) names.push_back(role.name);
  for (const Node& item : roles->items) {
    if (item.unset) continue;
    issuer.roles.push_back(item.text);
    if (draft.service->FindRole(item.text) != nullptr) continue;
    draft.mistakes.Suggest(item.place, Problem::kRoleUnknown, item.filled ? "" : Near(item.text, names), item.Shown());
  }
}

}  // namespace

bool IsIssuerUrl(const std::string& text) { return IsFetchable(text) && !text.contains('?'); }

void ReadIssuers(Draft& draft) {
  const Node* section = draft.top->Value("identity");
  if (section == nullptr) return;
  Members identity(*section, IdentityKeys(), "'identity'", draft.mistakes);
  const Node* list = identity.Value("issuers");
  if (list == nullptr) return;
  if (list->items.size() > Issuer::kMost) {
    draft.mistakes.Add(list->items[Issuer::kMost].place, Problem::kTooMany, int64_t{Issuer::kMost}, "issuers");
  }
  auto& issuers = draft.service->identity->issuers;
  for (const Node& item : list->items) {
    Members members(item, IssuerKeys(), "an issuer", draft.mistakes);
    Issuer issuer;
    ReadPlaces(members, issuer, draft.mistakes);
    issuer.audience = ReadText(members, "audience", draft.mistakes);
    ReadAlgorithms(members, issuer, draft.mistakes);
    ReadRights(members, issuer, draft);
    bool twice = std::ranges::find(issuers, issuer.issuer, &Issuer::issuer) != issuers.end();
    if (twice && !issuer.issuer.empty()) draft.mistakes.Add(members.Find("issuer")->place, Problem::kIssuerTwice);
    issuers.push_back(std::move(issuer));
  }
}

}  // namespace ashlar::contract
