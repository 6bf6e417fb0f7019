// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/crypto/public_key.h"
#include "base/result.h"

namespace ashlar {

// A key with its private part that signs as JWS says: ES256 (RFC 7518, 3.4: P-256, SHA-256, raw r || s of 64 bytes) or
// EdDSA (RFC 8037: Ed25519). Immutable, cheap to copy, thread safe.
class SigningKey {
 public:
  // REQUIRES: the algorithm is ES256 or EdDSA.
  static Result<SigningKey> Generate(SignatureAlgorithm algorithm);
  // PKCS#8 in PEM. kInvalid: it is none, or of another kind.
  static Result<SigningKey> FromPem(std::string_view pem);
  std::string ToPem() const;  // secret

  SignatureAlgorithm algorithm() const { return algorithm_; }
  // 64 bytes; ends the process if OpenSSL cannot, which only a want of memory or randomness could cause.
  std::string Sign(std::string_view data) const;
  // False for anything but a signature of `data` as Sign gives them: of the two that ECDSA has for each, the one whose
  // s is in the lower half, so that nobody makes another out of it.
  bool Verify(std::string_view data, std::string_view signature) const;
  // What others need to verify, as members of a JWK in the order of RFC 7638: crv, kty, x and, of P-256, y.
  const std::vector<std::pair<std::string, std::string>>& jwk() const { return jwk_; }
  // The JWK thumbprint (RFC 7638), base64url: the key's id.
  const std::string& thumbprint() const { return thumbprint_; }

 private:
  SigningKey(SignatureAlgorithm algorithm, std::shared_ptr<void> key);
  SignatureAlgorithm algorithm_;
  std::shared_ptr<void> key_;  // EVP_PKEY
  std::vector<std::pair<std::string, std::string>> jwk_;
  std::string thumbprint_;
};

}  // namespace ashlar
