// SPDX-License-Identifier: Apache-2.0
#include "base/crypto/sha1.h"

#include <openssl/evp.h>

namespace ashlar {

Sha1Digest Sha1(std::string_view data) {
  Sha1Digest digest{};
  unsigned int size = 0;
  if (EVP_Digest(data.data(), data.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) std::abort();
  return digest;
}

}  // namespace ashlar
