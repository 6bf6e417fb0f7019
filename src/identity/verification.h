// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "identity/mailroom.h"
#include "identity/passwords.h"
#include "identity/second_factor.h"

namespace ashlar::identity {

// A new User, as registration makes it.
struct Applicant {
  std::string id;
  json::Json row;    // of User, with its id and a folded address
  std::string hash;  // of the password
};

// Addresses that are proved by mail. What a stranger asks for is answered alike, and costs as much, whether somebody
// has the address or not. One loop's.
class Verification {
 public:
  // All must outlive it.
  Verification(Keeper& keeper, Mailroom& mailroom, Passwords& passwords, SecondFactors& second_factors)
      : keeper_(keeper), mailroom_(mailroom), passwords_(passwords), second_factors_(second_factors) {}

  // Makes an account whose address is still to be proved, or tells the owner of the address that somebody tried.
  Task<call::Answer<bool>> Register(Context& context, Applicant applicant);
  // {email}: the mail once more.
  Task<call::Answer<bool>> Resend(Context& context, json::Json body);
  // {token}: of a new account, or of a new address of one.
  Task<call::Answer<bool>> Verify(Context& context, json::Json body);
  // {newEmail, currentPassword, code?}: the address is the user's once it is proved.
  Task<call::Answer<bool>> ChangeEmail(Context& context, std::string user, json::Json body);

 private:
  Task<call::Answer<bool>> Rehearse(Context& context, json::Json row);
  Task<call::Answer<bool>> RehearseChange(Context& context, std::string user, std::string email);
  std::vector<call::Call> CallsOf(const Context& context, const Applicant& applicant, bool taken,
                                  const std::string& email) const;
  Keeper& keeper_;
  Mailroom& mailroom_;
  Passwords& passwords_;
  SecondFactors& second_factors_;
};

}  // namespace ashlar::identity
