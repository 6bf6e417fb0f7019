// SPDX-License-Identifier: Apache-2.0
#include "base/crypto/public_key.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/crypto/signing_key.h"
#include "base/hex.h"

namespace ashlar {
namespace {

using Kind = PublicKey::Kind;
using enum SignatureAlgorithm;

std::string Bytes(std::string_view base64url) { return Base64UrlDecode(base64url).value(); }

// The order of Ed25519's group, the least significant byte first (RFC 8032, 5.1).
constexpr unsigned char kL[] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

struct Made {
  SigningKey own;
  PublicKey open;
};
Made Make(SignatureAlgorithm algorithm) {
  SigningKey own = *SigningKey::Generate(algorithm);
  const auto& jwk = own.jwk();
  auto open = algorithm == kEdDsa ? PublicKey::Ed25519(Bytes(jwk[2].second))
                                  : PublicKey::Ec(Kind::kP256, Bytes(jwk[2].second), Bytes(jwk[3].second));
  return {std::move(own), std::move(*open)};
}

// RFC 8037, appendix A.4.
TEST(PublicKeyTest, VerifiesTheExampleOfRfc8037) {
  auto key = PublicKey::Ed25519(Bytes("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
  ASSERT_TRUE(key);
  constexpr const char* kSigned = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  std::string signature =
      Bytes("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
  EXPECT_TRUE(key->Verify(kEdDsa, kSigned, signature));
  EXPECT_FALSE(key->Verify(kEs256, kSigned, signature));
  EXPECT_FALSE(key->Verify(kEdDsa, "x", signature));
}

// RFC 7515, appendix A.2.
TEST(PublicKeyTest, VerifiesTheExampleOfRsaInRfc7515) {
  auto key = PublicKey::Rsa(
      Bytes("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-"
            "SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-"
            "KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
            "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"),
      Bytes("AQAB"));
  ASSERT_TRUE(key) << key.error().message;
  constexpr const char* kSigned =
      "eyJhbGciOiJSUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  std::string signature = Bytes(
      "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
      "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
      "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
      "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
      "IoypGlUPQGe77Rw");
  EXPECT_TRUE(key->Verify(kRs256, kSigned, signature));
  EXPECT_FALSE(key->Verify(kPs256, kSigned, signature));
  EXPECT_FALSE(key->Verify(kRs256, kSigned, signature + "x"));
  EXPECT_FALSE(key->Verify(kRs256, kSigned, std::string(signature.size(), '\0')));
  EXPECT_FALSE(key->Verify(kRs256, kSigned, std::string(signature.size() - 1, '\0') + '\x01'));
}

TEST(PublicKeyTest, NumbersThatAreNoKeyAreRefused) {
  auto [own, open] = Make(kEs256);
  std::string x = Bytes(own.jwk()[2].second), y = Bytes(own.jwk()[3].second);
  std::string off = y;
  off[31] ^= 1;
  EXPECT_FALSE(PublicKey::Ec(Kind::kP256, x, off));
  EXPECT_FALSE(PublicKey::Ec(Kind::kP384, x, y));
  EXPECT_FALSE(PublicKey::Ec(Kind::kEd25519, x, y));
  EXPECT_FALSE(PublicKey::Ec(Kind::kP256, x.substr(1), y));
  EXPECT_FALSE(PublicKey::Ec(Kind::kP256, std::string(32, '\0'), std::string(32, '\0')));
  EXPECT_FALSE(PublicKey::Ed25519(x.substr(1)));
  std::string big(256, '\xff');
  std::string e = Bytes("AQAB");
  EXPECT_FALSE(PublicKey::Rsa(std::string(128, '\xff'), e));    // 1024 bits
  EXPECT_FALSE(PublicKey::Rsa(std::string(2048, '\xff'), e));   // 16384 bits
  EXPECT_FALSE(PublicKey::Rsa(big, "\x03"));
  EXPECT_FALSE(PublicKey::Rsa(big, "\x01"));
  EXPECT_FALSE(PublicKey::Rsa(big, ""));
  EXPECT_FALSE(PublicKey::Rsa(std::string(255, '\xff') + '\xfe', e));  // even
  EXPECT_FALSE(PublicKey::Rsa("", e));
}

TEST(PublicKeyTest, AKeyFitsItsOwnAlgorithmAlone) {
  for (SignatureAlgorithm made : {kEs256, kEdDsa}) {
    auto [own, open] = Make(made);
    std::string signature = own.Sign("said");
    for (SignatureAlgorithm other : kSignatureAlgorithms) {
      EXPECT_EQ(open.Verify(other, "said", signature), other == made);
      EXPECT_EQ(open.Fits(other), other == made);
    }
  }
}

TEST(PublicKeyTest, PsychicAndOversizedSignaturesOfEcdsaAreRefused) {
  auto [own, open] = Make(kEs256);
  std::string signature = own.Sign("said");
  std::string order = *HexDecode("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
  std::string zero(32, '\0'), one = zero;
  one[31] = 1;
  std::string r = signature.substr(0, 32), s = signature.substr(32);
  for (const std::string& forged : {zero + zero, r + zero, zero + s, order + order, r + order, order + s, one + zero,
                                    zero + one, one + one, std::string(64, '\xff'), zero + signature, signature + zero,
                                    std::string(1, '\0') + r + std::string(1, '\0') + s, std::string()}) {
    EXPECT_FALSE(open.Verify(kEs256, "said", forged));
    EXPECT_FALSE(own.Verify("said", forged));
  }
}

TEST(PublicKeyTest, TheOtherSignatureOfEcdsaIsNotTakenForOurs) {
  auto [own, open] = Make(kEs256);
  std::string order = *HexDecode("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
  for (int i = 0; i < 20; ++i) {
    std::string said = "said " + std::to_string(i), signature = own.Sign(said), other = signature;
    int borrow = 0;
    for (size_t at = 32; at-- > 0;) {  // n - s
      int digit = static_cast<uint8_t>(order[at]) - static_cast<uint8_t>(signature[32 + at]) - borrow;
      borrow = digit < 0 ? 1 : 0;
      other[32 + at] = static_cast<char>(digit + 256 * borrow);
    }
    EXPECT_TRUE(own.Verify(said, signature));
    EXPECT_TRUE(open.Verify(kEs256, said, other));  // as the algorithm has it
    EXPECT_FALSE(own.Verify(said, other));
  }
}

TEST(PublicKeyTest, ASignatureOfEdDsaHasOneForm) {
  auto [own, open] = Make(kEdDsa);
  std::string signature = own.Sign("said");
  ASSERT_TRUE(open.Verify(kEdDsa, "said", signature));
  std::string other = signature;
  int carry = 0;
  for (size_t at = 0; at < 32; ++at) {  // S + L
    int digit = static_cast<uint8_t>(signature[32 + at]) + kL[at] + carry;
    carry = digit >> 8;
    other[32 + at] = static_cast<char>(digit);
  }
  EXPECT_FALSE(open.Verify(kEdDsa, "said", other));
  EXPECT_FALSE(own.Verify("said", other));
  EXPECT_FALSE(open.Verify(kEdDsa, "said", std::string(64, '\0')));
  EXPECT_FALSE(open.Verify(kEdDsa, "said", signature.substr(1)));
  EXPECT_FALSE(open.Verify(kEdDsa, "said", signature + "x"));
}

}  // namespace
}  // namespace ashlar
