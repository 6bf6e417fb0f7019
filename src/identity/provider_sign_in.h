// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "identity/callback.h"
#include "identity/links.h"
#include "identity/login_flow.h"
#include "identity/openid_provider.h"
#include "identity/second_factor.h"
#include "identity/sessions.h"

namespace ashlar::identity {

// What a browser wants of a provider.
struct Wish {
  std::string provider;
  std::string return_to;  // one of those that the contract lists; empty: its first
  std::string challenge;  // S256 of what the app will show, in base64url; empty: of a browser, for a cookie
  std::string browser;    // what its cookie of sign-ins holds, if it has one
  types::Uuid user, session;  // who links; null: somebody signs in
};
// Where it goes, and what its cookie holds from now on. Secret.
struct Departure {
  std::string url, browser;
};

// How a browser comes back, and what its page is told.
struct Arrival {
  std::string return_to;
  std::string name, value;  // "ticket", "linked" or "error"; empty: nothing
  std::string session;      // of whoever is signed in by a cookie now; empty: nobody
};

// A ticket that is good, and the row that it is used up by.
struct HeldFlow {
  LoginFlow flow;
  std::string user;
  int64_t version = 0;
};

// Signing in, and linking, by a provider. One loop's.
//
//   Begin (Return Hold?)?
//
// Begin writes nothing. Return signs in once for each Begin, however many come at once, and writes nothing that stays
// until the provider has said who it is; what Hold allows is done once.
class ProviderSignIn {
 public:
  // All must outlive it.
  ProviderSignIn(Keeper& keeper, Sessions& sessions, SecondFactors& second_factors, Links& links,
                 OpenIdProviders& providers, const ServiceKeys& keys)
      : keeper_(keeper),
        sessions_(sessions),
        second_factors_(second_factors),
        links_(links),
        providers_(providers),
        keys_(keys) {}

  Task<call::Answer<Departure>> Begin(Context& context, Wish wish);
  // Whoever comes with what is not a flow of this browser's, or was used, is refused; all else ends at the page.
  Task<call::Answer<Arrival>> Return(Context& context, std::string provider,
                                     std::vector<std::pair<std::string, std::string>> query, std::string browser,
                                     std::string agent);
  // What a ticket opens; 401 unless it is good, its link is there still, and what the app shows is what it was asked
  // for with. One for a browser takes no verifier, and opens there alone.
  Task<call::Answer<HeldFlow>> Hold(Context& context, std::string ticket, std::string verifier, std::string browser);
  // The call that uses it up, which fails where another has.
  call::Call Consuming(const Context& context, const HeldFlow& held) const;
  // Null: there is none of that name.
  const model::OpenIdProvider* Find(const std::string& name) const {
    const OpenIdProvider* found = providers_.Find(name);
    return found == nullptr ? nullptr : &found->what();
  }

 private:
  const model::Resource& resource() const { return keeper_.service().resource(keeper_.service().sign_in); }
  Task<call::Answer<bool>> Remember(Context& context, const LoginFlow& flow);
  Task<std::optional<ProviderUser>> Ask(Context& context, OpenIdProvider& provider, Callback given, LoginFlow flow,
                                        std::string browser);
  Task<call::Answer<Arrival>> SignIn(Context& context, OpenIdProvider& provider, ProviderUser user, LoginFlow flow,
                                     std::string browser, std::string agent);
  Task<call::Answer<Arrival>> Link(Context& context, OpenIdProvider& provider, ProviderUser user, LoginFlow flow);
  const std::string* ReturnOf(const LoginFlow& flow) const;

  Keeper& keeper_;
  Sessions& sessions_;
  SecondFactors& second_factors_;
  Links& links_;
  OpenIdProviders& providers_;
  const FlowKeys keys_;
};

}  // namespace ashlar::identity
