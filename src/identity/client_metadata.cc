// SPDX-License-Identifier: Apache-2.0
#include "identity/client_metadata.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/json/json.h"
#include "base/result.h"
#include "base/utf8.h"
#include "identity/authorization.h"
#include "types/regex.h"

namespace ashlar::identity {
namespace {

using json::Json;
using model::Client;
using model::ClientGrant;
using Texts = std::vector<std::string>;

constexpr int kDepth = 16;  // of keys and claims, which nobody looks at
constexpr std::string_view kMethods[] = {"client_secret_basic", "client_secret_post", "none"};

std::unexpected<OauthError> Wrong(std::string what) { return Deny("invalid_client_metadata", std::move(what)); }

// What is null is not given.
const Json* MemberOf(const Json& said, std::string_view name) {
  const Json* member = said.Find(name);
  return member == nullptr || member->is_null() ? nullptr : member;
}

OauthAnswer<std::optional<std::string>> TextOf(const Json& said, std::string_view name) {
  const Json* member = MemberOf(said, name);
  if (member == nullptr) return std::nullopt;
  if (member->string() == nullptr) return Wrong(fmt::format("{} must be a text", name));
  return *member->string();
}

OauthAnswer<std::optional<Texts>> TextsOf(const Json& said, std::string_view name) {
  const Json* member = MemberOf(said, name);
  if (member == nullptr) return std::nullopt;
  if (member->array() == nullptr) return Wrong(fmt::format("{} must be a list of texts", name));
  Texts texts;
  for (const Json& item : *member->array()) {
    if (item.string() == nullptr) return Wrong(fmt::format("{} must be a list of texts", name));
    texts.push_back(*item.string());
  }
  return texts;
}

// A list that must have `usual`, and has nothing else where nothing is said.
OauthAnswer<Texts> TextsWith(const Json& said, std::string_view name, std::string_view usual) {
  TRY(texts, TextsOf(said, name));
  if (!texts) return Texts{std::string(usual)};
  if (std::ranges::find(*texts, usual) == texts->end()) return Wrong(fmt::format("{} must have {}", name, usual));
  return std::move(*texts);
}

OauthAnswer<Texts> UrisOf(const Json& said, std::string_view name, std::string_view error, bool native) {
  TRY(uris, TextsOf(said, name));
  if (!uris) return Texts();
  if (uris->size() > Client::kMostUris) return Deny(error, fmt::format("{}: there are too many", name));
  const bool right = std::ranges::all_of(*uris, [&](const auto& uri) {
    return uri.size() <= ClientMetadata::kMostUri && model::IsRedirectUri(uri, native);
  });
  if (right) return std::move(*uris);
  return Deny(
      error,
      fmt::format(
          "{} must be https, or http on this machine, in lower case, without a password or a "
          "fragment; a scheme of its own, a domain backwards, is for clients without a secret; 255 bytes at most",
          name));
}

// Something to read, without what would write over other text or hide itself.
bool IsName(const std::string& name) {
  static const types::Regex plain = *types::Regex::Make("[^\\p{C}\\p{Zl}\\p{Zp}]+");
  // What shows nothing, marks in heaps, blanks in a row.
  static const types::Regex hidden = *types::Regex::Make(
      "[\\x{034F}\\x{115F}\\x{1160}\\x{17B4}\\x{17B5}\\x{2800}\\x{3164}\\x{FE00}-\\x{FE0F}\\x{FFA0}]|\\p{M}{5}|\\p{Z}{"
      "2}");
  if (name.empty() || name.size() > ClientMetadata::kMostName || !plain.MatchesWhole(name)) return false;
  if (hidden.MatchesPart(name)) return false;
  for (size_t at = 0; at < name.size(); at += CodePointSize(name, at)) {
    if (IsWordCodePoint(CodePointAt(name, at))) return true;
  }
  return false;
}

OauthAnswer<std::string> ReadName(const Json& said, const Texts& redirects) {
  TRY(name, TextOf(said, "client_name"));
  if (!name) return std::string(model::RedirectHostOf(redirects[0]).substr(0, ClientMetadata::kMostName));
  if (IsName(*name)) return std::move(*name);
  return Wrong("client_name must have a letter or a digit, no control character and at most 100 bytes");
}

OauthAnswer<std::string> ReadMethod(const Json& said) {
  TRY(method, TextOf(said, "token_endpoint_auth_method"));
  if (!method) return std::string(kMethods[0]);
  if (std::ranges::find(kMethods, *method) != std::end(kMethods)) return std::move(*method);
  return Wrong("token_endpoint_auth_method must be client_secret_basic, client_secret_post or none");
}

// A refresh token goes with its scope, as in the contract.
OauthAnswer<bool> ReadRights(const Json& said, const Client& like, Client& client) {
  TRY(grants, TextsWith(said, "grant_types", NameOf(ClientGrant::kCode)));
  TRY(scope, TextOf(said, "scope"));
  for (const std::string& one : like.scopes) {
    if (!scope || HasScope(*scope, one)) client.scopes.push_back(one);
  }
  const bool asked = std::ranges::find(grants, NameOf(ClientGrant::kRefresh)) != grants.end();
  const bool refreshes = asked && like.Has(ClientGrant::kRefresh) && client.HasScope("offline_access");
  if (refreshes) client.grants |= static_cast<uint8_t>(ClientGrant::kRefresh);
  if (!refreshes) std::erase(client.scopes, "offline_access");
  if (client.scopes.empty()) return Wrong("scope names nothing that such a client may ask for");
  return true;
}

}  // namespace

OauthAnswer<ClientMetadata> ReadClientMetadata(const Client& like, std::string_view body) {
  auto said = json::Parse(body, {.depth = kDepth, .bytes = ClientMetadata::kMostBody});
  if (!said || said->object() == nullptr) return Wrong("the body must be an object of JSON, of at most 32 KiB");
  ClientMetadata metadata;
  Client& client = metadata.client;
  TRY(method, ReadMethod(*said));
  metadata.auth_method = std::move(method);
  const bool native = !metadata.has_secret();
  TRY(redirects, UrisOf(*said, "redirect_uris", "invalid_redirect_uri", native));
  if (redirects.empty()) return Deny("invalid_redirect_uri", "redirect_uris must have one at least");
  client.redirects = std::move(redirects);
  TRY(after_logout, UrisOf(*said, "post_logout_redirect_uris", "invalid_client_metadata", native));
  client.after_logout = std::move(after_logout);
  if (auto types = TextsWith(*said, "response_types", "code"); !types) return std::unexpected(std::move(types.error()));
  TRY(name, ReadName(*said, client.redirects));
  client.name = std::move(name);
  if (auto read = ReadRights(*said, like, client); !read) return std::unexpected(std::move(read.error()));
  return metadata;
}

}  // namespace ashlar::identity
