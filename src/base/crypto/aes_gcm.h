// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/crypto/sha256.h"

namespace ashlar {

// AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits: fit for 2^32 messages a key. `associated` is not in
// what is sealed, and must be the same when it is opened. Thread safe.
//
// nonce (12 bytes) || ciphertext || tag (16 bytes); ends the process if OpenSSL cannot, which only a want of memory
// or randomness could cause.
std::string SealAesGcm(const Digest& key, std::string_view associated, std::string_view text);
// Nothing unless it was sealed with this key and `associated`, byte for byte.
std::optional<std::string> OpenAesGcm(const Digest& key, std::string_view associated, std::string_view sealed);

}  // namespace ashlar
