// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "identity/own_data.h"
#include "identity/passwords.h"
#include "identity/profile.h"
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
  // REQUIRES: the service has an identity. `mails` is null where none are sent. All must outlive it.
  Accounts(engine::Engine& engine, const ServiceKeys& keys, HashPool& pool, const PasswordRules& rules,
           MailQueue* mails = nullptr)
      : engine_(engine),
        identity_(*engine.service().identity),
        keeper_(engine),
        passwords_(keeper_, pool, rules, keys.refresh()),
        second_factors_(keeper_, passwords_, keys),
        sessions_(keeper_, keys),
        mailroom_(keeper_, mails, keys.refresh()),
        verification_(keeper_, mailroom_, passwords_, second_factors_),
        recovery_(keeper_, mailroom_, passwords_, sessions_) {}

  // {email, password} and fields of User that anybody may write; or {token, password} and those, of an invitation. All
  // that is wrong with any of them is told at once. Nothing where the address is to be proved first: then nobody is
  // told whether there was an account already.
  Task<call::Answer<std::optional<call::Outcome>>> Register(Context& context, json::Json body);
  // {email, password, code?, mode?}; mode "cookie" where the contract opens it.
  Task<call::Answer<SignedIn>> Login(Context& context, json::Json body, SignsIn from);
  // {refreshToken}
  Task<call::Answer<SignedIn>> Refresh(Context& context, json::Json body);
  Task<call::Answer<call::Outcome>> Me(Context& context, std::string user);
  // Those same fields, as a merge patch; what is shown may be sent back as it is.
  Task<call::Answer<call::Outcome>> ChangeMe(Context& context, std::string user, json::Json body,
                                             call::Preconditions preconditions);
  // REQUIRES: the caller is a User, and lives until the answer is there.
  Task<call::Answer<OwnData>> Export(Context& context, const call::Caller& caller);
  // {currentPassword, code?}; nothing of the account is left, or all where rows of others hold it (REFERENCED).
  Task<call::Answer<bool>> DeleteMe(Context& context, std::string user, json::Json body,
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

  Sessions& sessions() { return sessions_; }
  bool sends() const { return mailroom_.sends(); }
  // REQUIRES: sends().
  Verification& verification() { return verification_; }
  Recovery& recovery() { return recovery_; }

 private:
  Task<call::Answer<std::optional<call::Outcome>>> Accept(Context& context, json::Json body);
  Task<call::Answer<std::string>> NewPassword(Context& context, const json::Json& body, std::string field,
                                              std::string email, Details& wrong);
  using Calls = std::vector<call::Call>;
  using More = std::function<Task<call::Answer<Calls>>()>;
  // Runs what somebody has proven to be allowed, in one transaction that takes the failures back: the calls that `more`
  // gives, which is asked again where others were faster. Nothing of it is done unless the credential still holds what
  // was judged.
  Task<call::Answer<bool>> Settle(Context& context, Proven proven, More more);
  // `calls`, and those that end the user's sessions but this one.
  Task<call::Answer<Calls>> WithOthersEnding(Context& context, Calls calls, std::string user, std::string session);

  engine::Engine& engine_;
  const model::Identity& identity_;
  Keeper keeper_;
  Passwords passwords_;
  SecondFactors second_factors_;
  Sessions sessions_;
  Mailroom mailroom_;
  Verification verification_;
  Recovery recovery_;
};

}  // namespace ashlar::identity
