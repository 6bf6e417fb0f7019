// SPDX-License-Identifier: Apache-2.0
#include "base/crypto/aes_gcm.h"

#include <gtest/gtest.h>

#include "base/crypto/hmac.h"
#include "base/hex.h"

namespace ashlar {
namespace {

std::string Hex(std::string_view digits) { return *HexDecode(digits); }

Digest KeyOf(std::string_view digits) {
  std::string bytes = Hex(digits);
  Digest key{};
  std::copy(bytes.begin(), bytes.end(), key.begin());
  return key;
}

// Test cases 14 and 16 of the specification of GCM (McGrew and Viega).
TEST(AesGcmTest, OpensWhatTheSpecificationSeals) {
  EXPECT_EQ(OpenAesGcm({}, "", std::string(12, '\0') + Hex("cea7403d4d606b6e074ec5d3baf39d18"
                                                            "d0d1c8a799996bf0265b98b5d48ab919")),
            std::string(16, '\0'));
  EXPECT_EQ(OpenAesGcm(KeyOf("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
                       Hex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
                       Hex("cafebabefacedbaddecaf888"
                           "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                           "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                           "76fc6ece0f4e1768cddf8853bb2d551b")),
            Hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"));
}

TEST(AesGcmTest, OpensWhatItSealedAndNothingElse) {
  const Digest key = Sha256("key");
  const std::string sealed = SealAesGcm(key, "ann", "secret");
  EXPECT_NE(sealed, SealAesGcm(key, "ann", "secret"));
  EXPECT_EQ(OpenAesGcm(key, "ann", sealed), "secret");
  EXPECT_EQ(OpenAesGcm(key, "ben", sealed), std::nullopt);
  EXPECT_EQ(OpenAesGcm(Sha256("other"), "ann", sealed), std::nullopt);
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string bent = sealed;
    bent[i] = static_cast<char>(bent[i] ^ 1);
    EXPECT_EQ(OpenAesGcm(key, "ann", bent), std::nullopt) << i;
    EXPECT_EQ(OpenAesGcm(key, "ann", sealed.substr(0, i)), std::nullopt) << i;
  }
  EXPECT_EQ(OpenAesGcm(key, "", SealAesGcm(key, "", "")), "");
}

// RFC 2202, test case 1.
TEST(HmacSha1Test, IsThatOfTheRfc) {
  auto mac = HmacSha1(std::string(20, '\x0b'), "Hi There");
  EXPECT_EQ(HexEncode({reinterpret_cast<const char*>(mac.data()), mac.size()}),
            "b617318655057264e28bc0b6fb378c8ef146be00");
}

}  // namespace
}  // namespace ashlar
