// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "identity/links.h"
#include "identity/mailroom.h"
#include "identity/owner.h"
#include "identity/passwords.h"
#include "identity/sessions.h"

namespace ashlar::identity {

// Passwords that are forgotten: whoever reads the mails of an address may set another one. One loop's.
class Recovery {
 public:
  // All must outlive it.
  Recovery(Keeper& keeper, Mailroom& mailroom, Passwords& passwords, Sessions& sessions, Links& links)
      : keeper_(keeper), mailroom_(mailroom), passwords_(passwords), sessions_(sessions), links_(links) {}

  // {email}: answered alike, and costs as much, whether somebody has the address or not.
  Task<call::Answer<bool>> Forgot(Context& context, json::Json body);
  // {token, newPassword}: proves the address, ends all sessions and links to providers, and spoils what else was given
  // out by mail.
  Task<call::Answer<bool>> Reset(Context& context, json::Json body);

 private:
  Task<engine::SequenceAnswer> Replace(Context& context, HeldTicket held, Owner owner, std::string hash);
  Task<call::Answer<call::Call>> Setting(Context& context, std::string user, std::string hash);
  Keeper& keeper_;
  Mailroom& mailroom_;
  Passwords& passwords_;
  Sessions& sessions_;
  Links& links_;
};

}  // namespace ashlar::identity
