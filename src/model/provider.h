// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto/sha256.h"

namespace ashlar::model {

// By what a client gets tokens (RFC 6749, 4), a bit each.
enum class ClientGrant : uint8_t { kCode = 1, kRefresh = 2, kDevice = 4, kCredentials = 8 };
inline constexpr ClientGrant kClientGrants[] = {ClientGrant::kCode, ClientGrant::kRefresh, ClientGrant::kDevice,
                                                ClientGrant::kCredentials};
// Its name in the contract; nothing: there is none of that name.
std::optional<ClientGrant> ClientGrantOf(std::string_view name);
std::string_view NameOf(ClientGrant grant);
// Its name as grant_type, which is another for some.
std::string_view TypeOf(ClientGrant grant);

// What a client may ask for about whoever signs in; the others open the service's data (model/bounds.h).
inline constexpr std::string_view kClientScopes[] = {"openid", "email", "offline_access"};
bool IsDataScope(std::string_view scope);

// A program in which Users sign in with this service.
struct Client {
  static constexpr size_t kMost = 50;
  static constexpr size_t kMostUris = 20;
  static constexpr size_t kLeastSecret = 32;  // characters
  static constexpr size_t kMostScopes = 1000;  // bytes of them all, with spaces between
  std::string id;
  std::string name;              // as Users are shown it
  std::optional<Digest> secret;  // its SHA-256; nothing: the client is public, and can keep none (RFC 6749, 2.1)
  std::vector<std::string> redirects;     // where answers may go
  std::vector<std::string> after_logout;  // where browsers may go that signed out
  std::vector<std::string> scopes;  // those of kClientScopes first, in their order, the others by name
  uint8_t grants = static_cast<uint8_t>(ClientGrant::kCode);
  bool trusted = false;  // of the same house: Users are not asked
  bool stranger = false;  // it registered itself, and nobody let it: browsers are not sent on to it unasked

  bool Has(ClientGrant grant) const { return (grants & static_cast<uint8_t>(grant)) != 0; }
  bool HasScope(std::string_view scope) const { return std::ranges::find(scopes, scope) != scopes.end(); }
  // Whether answers may go there: an address of the list to the letter; for public clients, those of http on 127.0.0.1
  // and [::1] at any port (RFC 8252, 7.3).
  bool TakesRedirect(std::string_view uri) const;
  // Whether any program of the User's may get the answers that go there: the client has no secret, and the address is
  // of this machine or a scheme of its own, which others can take. REQUIRES: it is a redirect URI.
  bool MayBeAnother(std::string_view redirect_uri) const;
  // As lists that Users see have it.
  std::string ShownName() const;
  // Whether all of its redirect URIs are of that origin.
  bool HasOneOrigin(std::string_view origin) const;
};

// One that may stand in the contract, or be a snapshot of its row.
using ClientPtr = std::shared_ptr<const Client>;

// What the ids of clients begin with that registered themselves; no name in a contract has a dot.
inline constexpr std::string_view kRegistered = "registered.";
inline bool IsRegisteredId(std::string_view client_id) { return client_id.starts_with(kRegistered); }

// That clients register themselves (RFC 7591).
struct Registration {
  std::optional<Digest> token;  // SHA-256 of what whoever registers one must bring; nothing: anybody may
  Client like;  // the scopes and grants that such a client has at most
};

// The service as one that others sign in with (OAuth 2, OpenID Connect).
struct Provider {
  std::string issuer;  // its own address, as `iss` has it to the letter: "https://id.example.com"
  std::vector<Client> clients;
  std::optional<Registration> registration = {};  // absent: clients stand in the contract alone
  // Of the contract's clients; null: it is none of them.
  const Client* Find(std::string_view id) const;
  // The same as a pointer that owns nothing: it is good for as long as this is.
  ClientPtr Borrow(std::string_view id) const;
  // What a client of that id may have at most, whatever its row says: of those that registered themselves it is the
  // same for all. Null: nothing.
  const Client* FindMost(std::string_view id) const;
  std::vector<std::string> DataScopes() const;  // of all clients, each once
};

// Whether it can be an issuer: an origin of https, or of http on this machine.
bool IsProviderIssuer(std::string_view uri);
// Whether answers can go there at all: https, http of this machine, or, `native`, a scheme of a program's own that is a
// domain backwards (RFC 8252, 7.1); without a name, a password or a fragment.
bool IsRedirectUri(std::string_view uri, bool native);
// What stands before the path: "https://app.example:8443", or "com.example.app:" of a scheme of its own. REQUIRES: it
// is a redirect URI.
std::string_view RedirectOriginOf(std::string_view uri);
// Its host alone, or its scheme where that is one of its own: "app.example", "com.example.app". REQUIRES: the same.
std::string_view RedirectHostOf(std::string_view uri);

}  // namespace ashlar::model
