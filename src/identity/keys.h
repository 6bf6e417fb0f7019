// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "base/crypto/ecdsa.h"
#include "base/crypto/sha256.h"
#include "base/keyed_hash.h"
#include "plan/planner.h"

namespace ashlar::identity {

// The secrets of one service, kept in one file beside its store (PATH.key, mode 0600): the key that signs tokens, and
// what is derived from it. Never printed.
class ServiceKeys {
 public:
  // Reads the file, or makes it where there is none; two processes that make it at once agree. kInvalid: it is no key,
  // others may read it, or it is not this user's.
  static Result<ServiceKeys> Open(const std::string& path);

  const EcdsaKey& signing() const { return signing_; }
  const plan::Planner::CursorKey& cursor() const { return cursor_; }
  const std::string& refresh() const { return refresh_; }  // of refresh tokens
  const std::string& browser() const { return browser_; }  // of cookies and of what goes with them
  const Digest& second_factor() const { return second_factor_; }  // of what is kept of second factors
  const HashKey& limits() const { return limits_; }  // of those whom limits count

 private:
  explicit ServiceKeys(EcdsaKey key);
  EcdsaKey signing_;
  plan::Planner::CursorKey cursor_;
  std::string refresh_;
  std::string browser_;
  Digest second_factor_;
  HashKey limits_;
};

}  // namespace ashlar::identity
