// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string_view>

namespace ashlar::identity {

// What is known when somebody comes back from a provider.
struct LinkCase {
  bool linked = false;    // a User is linked to who the provider says that it is
  bool proved = false;    // the provider says an address, and that it is theirs
  bool known = false;     // a User has that address
  bool own_proved = false;  // who has proved it here, too
  bool taken = false;       // but is linked to somebody else there
  bool may = false;       // the User, linked or of the address, may sign in
  bool open = false;      // anybody may make an account
};

enum class LinkVerdict : uint8_t {
  kSignIn,    // as the User who is linked
  kLink,      // as the User of the address, and link them
  kRegister,  // make a User
  kUnproved,  // the provider does not say that the address is theirs, or says none
  kNeedsLink,  // nobody has proved the address here: sign in by other means first, and link explicitly
  kTaken,      // who has the address is linked to somebody else there, and stays so
  kClosed,    // nobody may make an account
  kRefused,   // the User may not sign in
};

// Accounts are linked only where both sides have proved the address: who prepares an account with the address of
// another, here or there, gets nothing by it. An address that the provider does not vouch for opens nothing, and tells
// nothing of who has it here.
LinkVerdict Judge(const LinkCase& one);

// What the page is told: "LINK_REQUIRED"; empty for those that sign somebody in.
std::string_view WordOf(LinkVerdict verdict);

}  // namespace ashlar::identity
