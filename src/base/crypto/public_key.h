// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar {

// How a JWS may be signed here (RFC 7518, RFC 8037): with a key of two parts, never with a shared secret.
enum class SignatureAlgorithm : uint8_t { kEs256, kEs384, kEdDsa, kRs256, kPs256 };
inline constexpr SignatureAlgorithm kSignatureAlgorithms[] = {SignatureAlgorithm::kEs256, SignatureAlgorithm::kEs384,
                                                              SignatureAlgorithm::kEdDsa, SignatureAlgorithm::kRs256,
                                                              SignatureAlgorithm::kPs256};
std::string_view NameOf(SignatureAlgorithm algorithm);  // "ES256"
std::optional<SignatureAlgorithm> SignatureAlgorithmOf(std::string_view name);

// The public part of a key, sound as far as can be told: a point of its curve, a modulus of 2048 to 8192 bits. What it
// is fixes what it verifies. Immutable, cheap to copy, thread safe.
class PublicKey {
 public:
  enum class Kind : uint8_t { kP256, kP384, kEd25519, kRsa };

  // Numbers are unsigned bytes, the most significant first, as JWKs hold them (RFC 7518, 6). kInvalid: no such key.
  static Result<PublicKey> Ec(Kind curve, std::string_view x, std::string_view y);
  static Result<PublicKey> Ed25519(std::string_view x);
  static Result<PublicKey> Rsa(std::string_view modulus, std::string_view exponent);

  Kind kind() const { return kind_; }
  bool Fits(SignatureAlgorithm algorithm) const;
  // Whether `signature`, in the form of JWS, is one of `data` by this key. False where the algorithm does not fit.
  bool Verify(SignatureAlgorithm algorithm, std::string_view data, std::string_view signature) const;

 private:
  friend class SigningKey;
  PublicKey(Kind kind, std::shared_ptr<void> key) : kind_(kind), key_(std::move(key)) {}
  Kind kind_;
  std::shared_ptr<void> key_;  // EVP_PKEY
};

}  // namespace ashlar
