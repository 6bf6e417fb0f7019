// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "identity/keeper.h"
#include "identity/keys.h"
#include "identity/passwords.h"

namespace ashlar::identity {

inline constexpr int64_t kConfirmMicros = 15 * 60 * int64_t{1'000'000};  // in which what was begun can be confirmed

// The second factors of Users: codes by time (totp.h) and ten recovery codes. One loop's.
//
// What each of the below gives are calls, to be run in one transaction with what the factor is asked for
// (Accounts::Settle). They are conditional on the row: of many who use one code, one succeeds.
class SecondFactors {
 public:
  using Calls = std::vector<call::Call>;

  // All must outlive it.
  SecondFactors(Keeper& keeper, Passwords& passwords, const ServiceKeys& keys)
      : keeper_(keeper), passwords_(passwords), key_(keys.second_factor()) {}

  Task<call::Answer<bool>> IsOn(Context& context, std::string user);
  // Keeps a secret, which counts for nothing until it is confirmed. 409 where a factor is on.
  Task<call::Answer<Calls>> Beginning(Context& context, std::string user, std::string secret);
  // 409 unless one was begun and can be confirmed.
  Task<call::Answer<bool>> Waits(Context& context, std::string user);
  // Turns on what was begun, if the code is one of its secret; 401 if not, 409 if nothing waits for it.
  Task<call::Answer<Calls>> Confirming(Context& context, std::string user, std::string code,
                                       std::vector<std::string> recovery_codes);
  // What somebody must show who has a factor: nothing where there is none. An empty code is none: 401
  // SECOND_FACTOR_REQUIRED, and the attempt is taken back. A wrong one, or one that was used, stays counted.
  Task<call::Answer<Calls>> Using(Context& context, Proven proven, std::string code);
  // The same, and the factor is gone. 404 where there is none.
  Task<call::Answer<Calls>> Removing(Context& context, Proven proven, std::string code);

 private:
  struct Factor {
    int64_t version = 0, begun_at = 0, last_step = 0;
    bool on = false;
    std::string secret;                 // sealed
    std::vector<std::string> recovery;  // hashes of those that are left
  };
  static bool Waits(const Context& context, const std::optional<Factor>& factor);
  Task<call::Answer<std::optional<Factor>>> Read(Context& context, std::string user);
  // How a code that is right changes the row; nothing if it is not.
  call::Answer<std::optional<Keeper::Body>> Judge(const Context& context, const Factor& factor, const std::string& user,
                                                  const std::string& code) const;
  call::Answer<std::string> Open(const Context& context, const Factor& factor, const std::string& user) const;
  std::string_view key() const { return {reinterpret_cast<const char*>(key_.data()), key_.size()}; }

  Keeper& keeper_;
  Passwords& passwords_;
  const Digest key_;
};

}  // namespace ashlar::identity
