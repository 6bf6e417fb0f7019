// SPDX-License-Identifier: Apache-2.0
#include "base/crypto/random.h"

#include <openssl/rand.h>

#include <cstdlib>

namespace ashlar {

void RandomBytes(std::span<uint8_t> bytes) {
  // Keys and identifiers made without randomness would be worse than no service.
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) std::abort();
}

}  // namespace ashlar
