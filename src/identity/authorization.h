// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "identity/oauth_error.h"
#include "model/provider.h"

namespace ashlar::identity {

// Where the answer to an authorization request goes: to a place of the client's that is proved to be one.
struct ReturnTo {
  std::string redirect_uri;
  std::string state;
  bool form_post = false;  // by a form of the browser's, not by the address (OAuth 2.0 Form Post Response Mode)
};

// What a client asks a User for (RFC 6749, 4.1.1; RFC 7636; OpenID Connect Core, 3.1.2.1).
struct Authorization {
  model::ClientPtr client;
  ReturnTo to;
  std::string scope;  // what is asked for, each once, in the order of the contract, separated by spaces
  std::string nonce;
  std::string challenge;   // code_challenge, of S256
  std::string login_hint;  // an address, perhaps
  std::string subject;     // the User that id_token_hint means; empty: whoever signs in
  bool silent = false;     // prompt=none: nobody is shown a page
  bool sign_in = false;    // prompt=login: whoever has signed in does so again
  bool ask = false;        // whoever has agreed is asked again: prompt=consent, or nothing proves the client
  std::optional<int64_t> max_age_s;
  bool Has(std::string_view scope_name) const;
};

// Why there is none. Without a place to return to the User is told, by a page.
struct NotAuthorized {
  OauthError error;
  std::optional<ReturnTo> to;
  model::ClientPtr client;  // whose place it is
};

// `client` is the one that client_id names, or null. REQUIRES: no name is given twice; what is empty counts as not
// given. Neither the client's secret is looked at nor its id_token_hint.
using Parameters = std::vector<std::pair<std::string, std::string>>;
std::expected<Authorization, NotAuthorized> ReadAuthorization(model::ClientPtr client, const Parameters& parameters);

// The value of that name; empty where there is none.
std::string ParameterOf(const Parameters& parameters, std::string_view name);
// What stands in a text between spaces.
std::vector<std::string_view> WordsOf(std::string_view text);
bool HasScope(std::string_view scope, std::string_view name);
// Those of the client's scopes that are wanted, in the order of the contract, separated by spaces.
template <class Wants>
std::string ScopesOf(const model::Client& client, Wants wants) {
  std::string scopes;
  for (const std::string& one : client.scopes) {
    if (!wants(one)) continue;
    if (!scopes.empty()) scopes += ' ';
    scopes += one;
  }
  return scopes;
}
// Those of `scope` that the client may ask for, in the one order, each once; others are left out, as RFC 6749, 3.3,
// lets one. Nothing where there were some and none is left.
std::optional<std::string> NormalScope(const model::Client& client, std::string_view scope);

}  // namespace ashlar::identity
