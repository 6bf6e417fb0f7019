// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "identity/passwords.h"
#include "identity/sessions.h"

namespace ashlar::identity {

// Who signs in.
struct SignedIn {
  Tokens tokens;
  call::Outcome user;
};

// Whether whoever makes an account may say what a field of User holds.
bool IsOpen(const model::Field& field);

// What Users do about their own accounts (api.md, Identity). One loop's. A User is shown with what is built in: what
// else its row holds is read by the contract's own rules.
class Accounts {
 public:
  // REQUIRES: the service has an identity. All must outlive it.
  Accounts(engine::Engine& engine, const ServiceKeys& keys, HashPool& pool)
      : identity_(*engine.service().identity),
        keeper_(engine),
        passwords_(keeper_, pool, keys.refresh()),
        sessions_(keeper_, keys) {}

  // {email, password} and fields of User that anybody may write.
  Task<call::Answer<call::Outcome>> Register(Context& context, json::Json body);
  // {email, password}. `agent` is the program that asks, in its own words.
  Task<call::Answer<SignedIn>> Login(Context& context, json::Json body, std::string agent);
  // {refreshToken}
  Task<call::Answer<SignedIn>> Refresh(Context& context, json::Json body);
  Task<call::Answer<call::Outcome>> Me(Context& context, std::string user);
  // {currentPassword, newPassword}; ends the user's sessions but this one, which may be empty.
  Task<call::Answer<bool>> ChangePassword(Context& context, std::string user, std::string session, json::Json body);

  Sessions& sessions() { return sessions_; }

 private:
  call::Answer<json::Json> Profile(const json::Json& body) const;
  Task<call::Answer<bool>> Replace(Context& context, Proven proven, std::string session);

  const model::Identity& identity_;
  Keeper keeper_;
  Passwords passwords_;
  Sessions sessions_;
};

}  // namespace ashlar::identity
