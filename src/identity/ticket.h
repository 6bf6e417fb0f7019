// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "types/value.h"

namespace ashlar::identity {

// What somebody may do once who has got a mail. Part of the token: numbers stay what they are.
enum class Purpose : uint8_t {
  kVerify = 1,  // prove the address of an account
  kChange = 2,  // prove the one that it shall have
  kReset = 3,   // set another password
  kInvite = 4,  // make an account
};

// What a token of a mail says. Whoever has the key can make it again, so that nothing secret is kept: the row of the
// ticket holds its stamp, a number drawn anew each time that one is given out.
struct Ticket {
  Purpose purpose = Purpose::kVerify;
  types::Uuid id;
  int64_t stamp = 0;  // 53 bits
  bool operator==(const Ticket&) const = default;
};

// The one of whoever `subject` names, with a fresh stamp: there is one at a time, and the next spoils the one before.
Ticket NewTicket(std::string_view key, Purpose purpose, std::string_view subject);

// base64url(purpose, 1 byte || id || stamp, 8 bytes, most significant first || HMAC-SHA-256 of all that). Secret.
std::string WriteTicket(std::string_view key, const Ticket& ticket);
// Nothing unless it was written with this key.
std::optional<Ticket> ReadTicket(std::string_view key, std::string_view text);

// An id that nobody can guess or steer who has not the key.
types::Uuid DerivedId(std::string_view key, std::string_view of);
// The key of tickets, and of the ids of what is kept about mails.
std::string TicketKey(std::string_view service_key);

}  // namespace ashlar::identity
