// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar {

// A key of the curve P-256 with its private part; signs and verifies as ES256 does (RFC 7518, 3.4: SHA-256, raw
// r || s of 64 bytes). Thread safe.
class EcdsaKey {
 public:
  static Result<EcdsaKey> Generate();
  // PKCS#8 in PEM. kInvalid: it is none, or of another curve.
  static Result<EcdsaKey> FromPem(std::string_view pem);
  std::string ToPem() const;  // secret

  // 64 bytes; ends the process if OpenSSL cannot, which only a want of memory or randomness could cause.
  std::string Sign(std::string_view data) const;
  // False for anything but a signature of `data` by this key.
  bool Verify(std::string_view data, std::string_view signature) const;
  // The JWK thumbprint (RFC 7638), base64url: the key's id.
  const std::string& thumbprint() const { return thumbprint_; }

 private:
  explicit EcdsaKey(std::shared_ptr<void> key);
  std::shared_ptr<void> key_;  // EVP_PKEY
  std::string thumbprint_;
};

}  // namespace ashlar
