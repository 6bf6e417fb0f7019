// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/task.h"
#include "call/caller.h"
#include "engine/engine.h"
#include "http/message.h"
#include "identity/issuer_keys.h"
#include "identity/key_uses.h"
#include "identity/keys.h"
#include "identity/token.h"

namespace ashlar::identity {

// Whether a request of that method changes nothing (RFC 9110, 9.2.1): what a cookie may ask for without a token.
bool IsSafeMethod(std::string_view method);

// Makes a Caller of a request's credential. One loop's; keeps what it verified for a while, bounded: a signature costs
// as much as ten requests. What the User's row says (roles, disabled, e-mail) is at most kRefreshSeconds old.
class Authenticator {
 public:
  static constexpr int64_t kRefreshSeconds = 2;
  static constexpr size_t kMaxKept = 10'000;

  // All must outlive it; `issuers` null: only our own tokens are taken. `uses` hears of API keys; null: nobody does.
  Authenticator(const ServiceKeys& keys, engine::Engine& engine, const Issuers* issuers = nullptr,
                KeyUses* uses = nullptr)
      : keys_(keys), engine_(engine), issuers_(issuers), uses_(uses) {}

  // Anonymous without a credential; 401 for one that is not good, wherever the request goes. The context must live
  // until the answer is there; the request need not.
  Eventually<call::Answer<call::CallerPtr>> Authenticate(Context& context, const http::Request& request);

  size_t kept() const { return kept_.size(); }  // tokens and API keys

 private:
  struct Kept {
    std::string token;
    Claims claims;
    call::CallerPtr caller;
    int64_t fresh_until = 0;  // seconds; the User's row is asked again then
  };
  using Answer = call::Answer<call::CallerPtr>;

  // authenticator_cookie.cc
  Eventually<Answer> FromCookie(Context& context, const http::Request& request, std::string_view cookie);
  Task<Answer> AwaitBrowser(Context& context, std::string kept_as, std::string session);
  Eventually<Answer> FromToken(Context& context, std::string_view token);
  Eventually<Answer> FromClaims(Context& context, std::string token, Claims claims);
  // authenticator_client.cc
  bool IsOfProvider(std::string_view issuer) const;
  Eventually<Answer> FromClient(Context& context, std::string_view token, Jws read);
  // authenticator_issuer.cc
  Eventually<Answer> FromIssuer(Context& context, IssuerKeys& issuer, std::string_view token, Jws read);
  Task<Answer> AwaitKeys(Context& context, IssuerKeys& issuer, std::string token);
  // Whether the keys that verified it still would. An API key is vouched for by its row alone.
  static bool IsVouchedFor(const ServiceKeys& keys, const Kept& kept);
  Eventually<Answer> AskForUser(Context& context, std::string token, Claims claims);
  Task<Answer> AwaitUser(Context& context, std::string token, Claims claims, Task<call::Answer<call::Outcome>> lookup);
  Task<Answer> AwaitSession(Context& context, std::string token, Claims claims,
                            Task<call::Answer<call::Outcome>> lookup);
  // What an API key is beyond its owner.
  struct OfKey {
    std::string id;                   // empty: the credential is no API key
    std::vector<std::string> scopes;  // that rules see
    model::BoundsPtr bounds;
  };
  bool TakesKeys() const { return engine_.service().identity && engine_.service().identity->api_keys; }
  // authenticator_keys.cc
  Eventually<Answer> FromKey(Context& context, std::string_view text);
  Task<Answer> AskForKey(Context& context, std::string text, std::string id);
  OfKey MakeOfKey(const call::RowSet& rows) const;
  Answer FromUser(Context& context, std::string token, Claims claims, const call::Answer<call::Outcome>& found,
                  OfKey key = {});
  call::Caller MakeCaller(const Claims& claims, const std::vector<std::string>& roles, types::Value email) const;
  // What is known of the caller from now on; of one who is as before, what was known stays.
  call::CallerPtr Keep(std::string token, Claims claims, call::Caller caller, int64_t fresh_until);
  void Forget(std::string_view token);

  const ServiceKeys& keys_;
  engine::Engine& engine_;
  const Issuers* issuers_;
  KeyUses* uses_;
  std::list<Kept> kept_;  // most recently used first
  std::unordered_map<std::string_view, std::list<Kept>::iterator> by_token_;  // its keys point into kept_
};

}  // namespace ashlar::identity
