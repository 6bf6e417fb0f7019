// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "app/runtime.h"
#include "call/caller.h"

namespace ashlar::app {

// Whom a request is explained for.
struct Asking {
  call::Caller caller;
  std::string told;  // "user ID (EMAIL; roles: staff)"
  bool disabled = false;  // every request of theirs is answered 401
};
// Of `anonymous`, `user:ID`, `user:EMAIL` (who is in the store), `role:NAME` (a user of no row who has it), `service`
// or `service:ROLE`. kNotFound, kInvalid: in words for the operator.
Result<Asking> ReadAsking(const Runtime& runtime, const std::string& as, Observer& observer);

}  // namespace ashlar::app
