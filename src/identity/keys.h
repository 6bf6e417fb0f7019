// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/crypto/sha256.h"
#include "base/keyed_hash.h"
#include "identity/key_ring.h"
#include "plan/planner.h"

namespace ashlar::identity {

struct KeyOptions {
  std::optional<SignatureAlgorithm> algorithm;  // of the newest key; nothing: ES256, or what is there
  const Clock* clock = &SystemClock();          // must outlive the keys
};

// The secrets of one service, kept in one file beside its store (PATH.key, mode 0600): the keys that sign tokens, and
// what is derived from a secret beside them, which rotation leaves as it is. Never printed. Thread safe; whoever owns
// the store alone changes the file.
class ServiceKeys {
 public:
  // Reads the file, or makes it where there is none; two processes that make it at once agree. Where the newest key is
  // of another algorithm, one of the right one is added as Rotate does. kInvalid: it is no key, others may read it, or
  // it is not this user's.
  static Result<ServiceKeys> Open(const std::string& path, const KeyOptions& options = {});

  // The key that signs now: for tokens that last as long as those of signing in, a day at most.
  SigningKey signing() const;
  // The same for a token that lasts until then, which the file remembers first.
  Result<SigningKey> SigningUntil(int64_t seconds);
  std::shared_ptr<const KeyRing> ring() const;
  // Another when keys have been taken away before their time: what they signed is void.
  uint64_t number() const { return state_->number.load(std::memory_order_acquire); }

  // A new key: published now, and signing soon; or, `at_once`, signing now, and what the others have signed is void. As
  // a whole or not at all, also on the disk. What is then there.
  Result<std::shared_ptr<const KeyRing>> Rotate(bool at_once);

  const plan::Planner::CursorKey& cursor() const { return cursor_; }
  const std::string& refresh() const { return refresh_; }  // of refresh tokens
  const std::string& browser() const { return browser_; }  // of cookies and of what goes with them
  const Digest& second_factor() const { return second_factor_; }  // of what is kept of second factors
  const HashKey& limits() const { return limits_; }  // of those whom limits count
  // The secret of a purpose, which the label names: 32 bytes.
  std::string Derive(std::string_view label) const;

 private:
  struct State {
    std::mutex mutex;
    std::shared_ptr<const KeyRing> ring;
    std::atomic<uint64_t> number = 1;
  };
  ServiceKeys(std::string path, const KeyOptions& options, KeyRing ring);
  int64_t Now() const { return options_.clock->NowMicros() / 1'000'000; }
  Result<void> Put(KeyRing ring);  // REQUIRES: the mutex is held

  std::string path_;
  KeyOptions options_;
  std::unique_ptr<State> state_;
  std::string secret_;
  plan::Planner::CursorKey cursor_;
  std::string refresh_;
  std::string browser_;
  Digest second_factor_;
  HashKey limits_;
};

}  // namespace ashlar::identity
