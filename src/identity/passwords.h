// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/task.h"
#include "identity/hash_pool.h"
#include "identity/keeper.h"
#include "identity/password_rules.h"

namespace ashlar::identity {

// For how long nobody may try after so many failures, in microseconds.
int64_t DelayAfter(int64_t failures);

// Somebody whose password was right.
struct Proven {
  std::string user;
  std::string hash;    // as it is kept
  std::string rehash;  // as it should be kept from now on; empty: as it is
  int64_t version = 0;   // of the credential when the attempt was counted
  int64_t failures = 0;  // with that attempt
  EventKind failed = EventKind::kLoginFailed;  // what is kept if something else of the proof is wrong
  std::string_view wrong;  // what is told then
};

// What is told of every sign-in that fails, whatever it lacks.
std::unexpected<call::ApiError> WrongCredentials();
// The same of another proof: as it says.
std::unexpected<call::ApiError> Wrong(const Proven& proven);

// Proves who somebody is by a password. One loop's.
//
// An attempt counts as failed before it is judged, by one conditional change of the credential: many at once get no
// more verdicts than one behind the other. Whoever is not there, may not try now or has no password costs and is told
// the same as a wrong password.
class Passwords {
 public:
  // `secret` hides which row stands for whom of those who are not there.
  Passwords(Keeper& keeper, HashPool& pool, const PasswordRules& rules, std::string_view secret)
      : keeper_(keeper), pool_(pool), rules_(rules), secret_(secret) {}

  Task<call::Answer<Proven>> ProveByEmail(Context& context, std::string email, std::string password);
  // `failed`: what is kept of a wrong one.
  Task<call::Answer<Proven>> ProveUser(Context& context, std::string user, std::string password,
                                       EventKind failed = EventKind::kLoginFailed);
  // Counts an attempt to prove who somebody is by something else. What comes is as good as proven once that is right;
  // 401, and kept, if now is not the time, or there is no password.
  Task<call::Answer<Proven>> Attempt(Context& context, std::string user);
  Task<call::Answer<std::string>> Hash(Context& context, std::string password);
  // What is wrong with a new password of the user with that address, if anything; `field` is its name in the body.
  Task<PasswordRules::Verdict> Judge(Context& context, std::string field, std::string password, std::string email);

  // The change that takes the failures back, of a credential that still is what was proven.
  call::Call Clearing(const Proven& proven, int64_t version) const;
  // Takes back the attempt alone, as if it had not been, unless another was counted since.
  Task<call::Answer<bool>> TakeBack(Context& context, Proven proven);
  // The version of a credential that still is what was proven; 401 if it is not.
  Task<call::Answer<int64_t>> VersionOf(Context& context, Proven proven);

 private:
  Task<call::Answer<Proven>> Prove(Context& context, std::string user, std::string who, std::string password,
                                   Proven asked);
  Task<call::Answer<Proven>> Count(Context& context, std::string user, Proven asked);
  Task<call::Answer<bool>> Pretend(Context& context, std::string who);
  std::string DecoyFor(std::string_view who) const;

  Keeper& keeper_;
  HashPool& pool_;
  const PasswordRules& rules_;
  const std::string secret_;
};

}  // namespace ashlar::identity
