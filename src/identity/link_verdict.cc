// SPDX-License-Identifier: Apache-2.0
#include "identity/link_verdict.h"

namespace ashlar::identity {

LinkVerdict Judge(const LinkCase& one) {
  if (one.linked) return one.may ? LinkVerdict::kSignIn : LinkVerdict::kRefused;
  if (!one.proved) return LinkVerdict::kUnproved;
  if (!one.known) return one.open ? LinkVerdict::kRegister : LinkVerdict::kClosed;
  if (!one.own_proved) return LinkVerdict::kNeedsLink;
  if (one.taken) return LinkVerdict::kTaken;
  return one.may ? LinkVerdict::kLink : LinkVerdict::kRefused;
}

std::string_view WordOf(LinkVerdict verdict) {
  switch (verdict) {
    case LinkVerdict::kUnproved: return "EMAIL_NOT_VERIFIED";
    case LinkVerdict::kNeedsLink: return "LINK_REQUIRED";
    case LinkVerdict::kTaken: return "LINK_TAKEN";
    case LinkVerdict::kClosed: return "REGISTRATION_CLOSED";
    case LinkVerdict::kRefused: return "ACCOUNT_REFUSED";
    case LinkVerdict::kSignIn:
    case LinkVerdict::kLink:
    case LinkVerdict::kRegister: break;
  }
  return "";
}

}  // namespace ashlar::identity
