// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto/signing_key.h"

namespace ashlar::identity {

// The keys that sign a service's tokens, oldest first, and the secret that all else is derived from. A key is published
// from the start, signs from its time until the next one does, and verifies until the last token is over that it
// signed. A value; times are seconds since 1970.
class KeyRing {
 public:
  // How long a new key is published before it signs: twice as long as anybody may keep the published set.
  static constexpr int64_t kPublishedSeconds = 300;
  static constexpr int64_t kLeadSeconds = 2 * kPublishedSeconds;
  static constexpr int64_t kLongestAccess = 86'400;  // what a contract may give an access token at most
  static constexpr size_t kMost = 16;

  // What keys() tells of each.
  struct Seen {
    const SigningKey* key = nullptr;
    int64_t signs_from = 0;
    int64_t ends = INT64_MAX;  // verifies nothing from then on
  };

  static Result<KeyRing> Make(SignatureAlgorithm algorithm);
  // What Write wrote; or a key alone, in PEM, whose derived secrets stay what they were. kInvalid: neither.
  static Result<KeyRing> Read(std::string_view text);
  std::string Write() const;  // secret

  const std::string& secret() const { return secret_; }
  const SigningKey& SignerAt(int64_t now) const { return keys_[IndexAt(now)].key; }
  SignatureAlgorithm newest_algorithm() const { return keys_.back().key.algorithm(); }
  // The key of that id, if it still verifies. Those that do not sign yet do, too: clocks go back.
  const SigningKey* Find(std::string_view id, int64_t now) const;
  // All that verify, newest first.
  std::vector<Seen> SeenAt(int64_t now) const;

  // A new key, which signs when it has been published for long enough. kConflict: there are too many.
  Result<void> Rotate(SignatureAlgorithm algorithm, int64_t now);
  // A new key that signs at once; the others verify no longer.
  Result<void> Replace(SignatureAlgorithm algorithm, int64_t now);
  // Has the key that signs now verify until then, for a token that lasts longer than those of signing in. False: it did
  // already.
  bool Hold(int64_t now, int64_t until);
  // Drops the keys that have ended. False: there are none.
  bool Forget(int64_t now);

 private:
  struct Kept {
    SigningKey key;
    int64_t signs_from = 0;
    int64_t held_until = 0;  // by tokens that last longer
  };
  KeyRing() = default;
  size_t IndexAt(int64_t now) const;
  int64_t EndOf(size_t which) const;

  std::string secret_;
  std::vector<Kept> keys_;  // never empty; signs_from never falls
};

}  // namespace ashlar::identity
