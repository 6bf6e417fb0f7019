// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "base/crypto/sha256.h"

namespace ashlar::call {

// The name that a client gives a write so that it is done once, however often it is sent (api.md, Headers;
// docs/decisions/0014-idempotency.md). It is the caller's own: the same name of another caller is another one.
struct Once {
  static constexpr size_t kMaxKey = 255;
  static constexpr size_t kLeastAnonymous = 22;  // of callers without a credential, who all share their names

  std::string key;       // as the client chose it
  std::string address;   // method and path: "POST /v1/orders"
  Digest fingerprint{};  // of all else that is asked: body, query, If-Match
};

}  // namespace ashlar::call
