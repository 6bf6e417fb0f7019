// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "identity/api_keys.h"
#include "identity/links.h"
#include "identity/own_data.h"
#include "identity/passwords.h"
#include "identity/profile.h"
#include "identity/provider_sign_in.h"
#include "identity/recovery.h"
#include "identity/second_factor.h"
#include "identity/sessions.h"
#include "identity/verification.h"

namespace ashlar::identity {

// Who signs in: for tokens, or in a browser for a cookie and what its pages show beside it.
struct SignedIn {
  Tokens tokens;
  call::Outcome user;
  bool browser = false;
  std::string cookie, csrf;  // secret
};

// Who asks to sign in.
struct SignsIn {
  std::string agent;   // the program, in its own words
  std::string cookie;  // of the browser; its session ends with a new one
  std::string sign_in = "";  // what its cookie of sign-ins by providers holds
};

// A session that has just begun.
struct Begun {
  types::Uuid session;
  std::string user_id;
  call::Outcome user;
};

// What a User's authenticator app is told. Secret.
struct TotpBegun {
  std::string secret;  // base32
  std::string uri;     // otpauth:
};

// What Users do about their own accounts (api.md, Identity). One loop's. A User is shown with what is built in: what
// else its row holds is read by the contract's own rules.
class Accounts {
 public:
  // REQUIRES: the service has an identity. `mails` is null where none are sent, `providers` where there are none. All
  // must outlive it.
  Accounts(engine::Engine& engine, const ServiceKeys& keys, HashPool& pool, const PasswordRules& rules,
           MailQueue* mails = nullptr, OpenIdProviders* providers = nullptr)
      : engine_(engine),
        identity_(*engine.service().identity),
        keeper_(engine),
        passwords_(keeper_, pool, rules, keys.refresh()),
        second_factors_(keeper_, passwords_, keys),
        sessions_(keeper_, keys),
        api_keys_(keeper_),
        links_(keeper_),
        mailroom_(keeper_, mails, keys.refresh()),
        verification_(keeper_, mailroom_, passwords_, second_factors_),
        recovery_(keeper_, mailroom_, passwords_, sessions_, links_) {
    if (providers != nullptr) sign_in_.emplace(keeper_, sessions_, second_factors_, links_, *providers, keys);
  }

  // {email, password} and fields of User that anybody may write; or {token, password} and those, of an invitation. All
  // that is wrong with any of them is told at once. Nothing where the address is to be proved first: then nobody is
  // told whether there was an account already.
  Task<call::Answer<std::optional<call::Outcome>>> Register(Context& context, json::Json body);
  // {email, password, code?, mode?}; mode "cookie" where the contract opens it. Or {ticket, verifier or mode, code?} of
  // a sign-in by a provider.
  Task<call::Answer<SignedIn>> Login(Context& context, json::Json body, SignsIn from);
  // What Login does but for what is given: a session of whom these prove. `code` may be empty.
  struct Proof {
    std::string email, password, code;
  };
  Task<call::Answer<Begun>> SignIn(Context& context, Proof proof, std::string agent, bool browser);
  // {refreshToken}
  Task<call::Answer<SignedIn>> Refresh(Context& context, json::Json body);
  Task<call::Answer<call::Outcome>> Me(Context& context, std::string user);
  // Those same fields, as a merge patch; what is shown may be sent back as it is.
  Task<call::Answer<call::Outcome>> ChangeMe(Context& context, std::string user, json::Json body,
                                             call::Preconditions preconditions);
  // REQUIRES: the caller is a User, and lives until the answer is there.
  Task<call::Answer<OwnData>> Export(Context& context, const call::Caller& caller);
  // {currentPassword, code?}; nothing of the account is left, or all where rows of others hold it (REFERENCED). A User
  // who has no password has signed in lately instead.
  Task<call::Answer<bool>> DeleteMe(Context& context, std::string user, std::string session, json::Json body,
                                    call::Preconditions preconditions);
  // {currentPassword, newPassword, code?}; ends the user's sessions but this one, which may be empty.
  Task<call::Answer<bool>> ChangePassword(Context& context, std::string user, std::string session, json::Json body);

  // accounts_totp.cc. {currentPassword}: a secret, which counts once it is confirmed.
  Task<call::Answer<TotpBegun>> BeginTotp(Context& context, std::string user, json::Json body);
  // {code}: recovery codes, told once; ends the sessions but this one.
  Task<call::Answer<std::vector<std::string>>> ConfirmTotp(Context& context, std::string user, std::string session,
                                                           json::Json body);
  // {currentPassword, code}; ends the sessions but this one.
  Task<call::Answer<bool>> EndTotp(Context& context, std::string user, std::string session, json::Json body);

  // accounts_provider.cc. Null: there are no providers.
  ProviderSignIn* sign_in() { return sign_in_ ? &*sign_in_ : nullptr; }
  // {currentPassword?, code?, returnTo?}: where the browser goes to be linked. Of the wish, provider and browser. A
  // User who has no password has signed in lately instead.
  Task<call::Answer<Departure>> BeginLink(Context& context, std::string user, std::string session, json::Json body,
                                          Wish wish);
  // {currentPassword?, code?}; ends the sessions but this one. 409 where nothing would be left to sign in with.
  Task<call::Answer<bool>> EndLink(Context& context, std::string user, std::string session, std::string provider,
                                   json::Json body);

  Sessions& sessions() { return sessions_; }
  ApiKeys& api_keys() { return api_keys_; }
  bool sends() const { return mailroom_.sends(); }
  // REQUIRES: sends().
  Verification& verification() { return verification_; }
  Recovery& recovery() { return recovery_; }

 private:
  Task<call::Answer<std::optional<call::Outcome>>> Accept(Context& context, json::Json body);
  Task<call::Answer<std::string>> NewPassword(Context& context, const json::Json& body, std::string field,
                                              std::string email, Details& wrong);
  using Calls = std::vector<call::Call>;
  struct Work {
    Calls calls;
    std::vector<Event> events;
    std::vector<Keeper::Look> looks;
  };
  using More = std::function<Task<call::Answer<Work>>()>;
  // Runs what somebody has proven to be allowed, in one transaction that takes the failures back: the work that `more`
  // gives, which is asked again where others were faster. Nothing of it is done unless the credential still holds what
  // was judged.
  Task<call::Answer<bool>> Settle(Context& context, Proven proven, More more);
  // The same of somebody whom no password has proved, while the account may be used.
  Task<call::Answer<bool>> SettleUnproven(Context& context, std::string user, More more);
  Task<call::Answer<bool>> IsGone(Context& context, std::string user);
  Task<call::Answer<SignedIn>> LoginByTicket(Context& context, json::Json body, SignsIn from);
  // Whether the User has a password.
  Task<call::Answer<bool>> HasPassword(Context& context, std::string user);
  // Refuses who has not signed in within ten minutes.
  Task<call::Answer<bool>> HasJustComeIn(Context& context, std::string session);
  // Runs what `more` gives for a User who shows again who they are.
  Task<call::Answer<bool>> StepUp(Context& context, std::string user, std::string session, std::string password,
                                  std::string code, More more);
  // The same of one whom a provider has proved just now, and who shows a code where there is a second factor.
  Task<call::Answer<bool>> WithSecondFactor(Context& context, std::string user, std::string code, More more);
  Task<call::Answer<Calls>> Unlinking(Context& context, std::string user, std::string issuer);
  // `work`, and what ends the user's sessions but this one.
  Task<call::Answer<Work>> WithOthersEnding(Context& context, Work work, std::string user, std::string session);

  engine::Engine& engine_;
  const model::Identity& identity_;
  Keeper keeper_;
  Passwords passwords_;
  SecondFactors second_factors_;
  Sessions sessions_;
  ApiKeys api_keys_;
  Links links_;
  Mailroom mailroom_;
  Verification verification_;
  Recovery recovery_;
  std::optional<ProviderSignIn> sign_in_;
};

}  // namespace ashlar::identity
