// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "identity/accounts.h"
#include "identity/authorization.h"
#include "identity/client_code.h"
#include "identity/client_token.h"

namespace ashlar::identity {

// Somebody who has signed in with the provider, in a browser.
struct Visitor {
  std::string user;     // the User's id
  std::string email;
  std::string session;  // the browser's
  int64_t signed_in_at = 0;  // microseconds since 1970
};

// What a client gets of a User (RFC 6749, 5.1).
struct ClientTokens {
  std::string access, refresh, id;  // secret; empty: none
  std::string scope;
  int64_t expires_in = 0;  // seconds, of the access token
};

// A token of a client that is good now.
struct LiveToken {
  ClientToken claims;
  bool refresh = false;
  bool of_itself() const { return !refresh && claims.of_itself(); }
};

// What clients of the provider hold for Users: each is a session like any other, which its User sees and may end. It
// begins with a code, of which the row keeps a hash and what it is bound to; its step is -1 until the code is brought.
// One loop's.
class ClientSessions {
 public:
  // REQUIRES: the service has a provider. All must outlive it.
  ClientSessions(Keeper& keeper, Sessions& sessions, const ServiceKeys& keys)
      : keeper_(keeper),
        sessions_(sessions),
        keys_(keys),
        identity_(*keeper.service().identity),
        refresh_key_(keys.Derive("ashlar refresh token of a client")) {}

  // A code, good once and for a minute (RFC 6749, 4.1.2), unless one of the looks is against it.
  Task<call::Answer<std::string>> IssueCode(Context& context, Visitor visitor, Authorization asked,
                                            std::vector<Keeper::Look> looks = {});
  // What a code brings that is this client's, with the verifier of its challenge (RFC 7636, 4.6). One that was brought
  // before ends what it has brought.
  struct Brought {
    std::string code, redirect_uri, verifier;
  };
  Task<OauthAnswer<ClientTokens>> Redeem(Context& context, const model::Client& client, Brought brought);
  // Begins a session without a code, in one transaction with those calls; invalid_grant where one of them is not done,
  // or the browser's session is over.
  Task<OauthAnswer<ClientTokens>> Start(Context& context, const model::Client& client, Visitor visitor,
                                        std::string scope, std::vector<call::Call> calls);
  // The next tokens; `scope` may ask for less than was given, empty: all of it. As Sessions::Refresh.
  Task<OauthAnswer<ClientTokens>> Refresh(Context& context, const model::Client& client, std::string token,
                                          std::string scope);
  // A token of the client's own (RFC 6749, 4.4): of what it may ask for those that open data, all of them where `scope`
  // is empty. Of no session: it is good until it is over.
  OauthAnswer<ClientTokens> ForItself(const Context& context, const model::Client& client,
                                      std::string_view scope) const;
  // An access or refresh token, whosever it is; nothing unless its session and its User are good.
  Task<OauthAnswer<std::optional<LiveToken>>> Look(Context& context, std::string token);
  // Ends the session of a token of this client's (RFC 7009); nothing happens where it is none, or of none.
  Task<OauthAnswer<bool>> Revoke(Context& context, const model::Client& client, std::string token);
  // Ends all that the client holds for the User; false: that was nothing.
  Task<call::Answer<bool>> EndAll(Context& context, std::string user, std::string client);

 private:
  struct Pending;
  Task<OauthAnswer<Pending>> Find(Context& context, const model::Client& client, const Brought& brought);
  static bool IsBoundTo(const Pending& pending, const Brought& brought);
  Task<OauthAnswer<bool>> JudgeUser(Context& context, std::string user, std::string browser);
  call::Call Beginning(const Context& context, const types::Uuid& id, const Visitor& visitor,
                       const model::Client& client, const std::string& scope, int64_t step, int64_t lasts_us,
                       json::Json code) const;
  int64_t LastsMicros(std::string_view scope) const;  // a session, from the last use of its refresh token
  std::string IdTokenOf(const Context& context, const model::Client& client, const std::string& user,
                        const CodeTerms& terms) const;
  ClientTokens TokensOf(const Context& context, const model::Client& client, const std::optional<RefreshToken>& token,
                        const std::string& subject, std::string scope) const;
  std::optional<LiveToken> WhatIsLeft(LiveToken live) const;
  std::optional<ClientToken> AsAccess(const Context& context, std::string_view text) const;

  Keeper& keeper_;
  Sessions& sessions_;
  const ServiceKeys& keys_;
  const model::Identity& identity_;
  const std::string refresh_key_;
};

}  // namespace ashlar::identity
