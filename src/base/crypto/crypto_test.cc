// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "base/base64.h"
#include "base/crypto/argon2.h"
#include "base/crypto/hmac.h"
#include "base/crypto/random.h"
#include "base/crypto/sha1.h"
#include "base/crypto/sha256.h"
#include "base/crypto/signing_key.h"
#include "base/hex.h"

namespace ashlar {
namespace {

template <size_t kBytes>
std::string Hex(const std::array<uint8_t, kBytes>& digest) {
  return HexEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

TEST(Sha256Test, KnownAnswers) {  // FIPS 180-4, examples
  EXPECT_EQ(Hex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha1Test, KnownAnswers) {  // FIPS 180-4, examples
  EXPECT_EQ(Hex(Sha1("")), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  EXPECT_EQ(Hex(Sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST(HmacTest, KnownAnswers) {  // RFC 4231, cases 1, 2 and 6
  EXPECT_EQ(Hex(HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(HmacSha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacTest, EqualInConstantTime) {
  EXPECT_TRUE(EqualInConstantTime("", ""));
  EXPECT_TRUE(EqualInConstantTime("abc", "abc"));
  EXPECT_FALSE(EqualInConstantTime("abc", "abd"));
  EXPECT_FALSE(EqualInConstantTime("abc", "ab"));
}

TEST(Argon2Test, KnownAnswer) {  // RFC 9106, 5.3
  std::string password(32, '\x01'), salt(16, '\x02'), secret(8, '\x03'), associated(12, '\x04');
  EXPECT_EQ(HexEncode(Argon2id({password, salt, secret, associated}, {.memory_kib = 32, .passes = 3, .lanes = 4})),
            "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

TEST(Argon2Test, MemoryThatIsKeptGivesTheSameAndTellsNothing) {
  const Argon2Input input{.password = "password", .salt = "somesalt", .secret = {}, .associated = {}};
  const Argon2Cost small{.memory_kib = 64, .passes = 1, .lanes = 1}, large{.memory_kib = 512, .passes = 1, .lanes = 1};
  const std::string of_small = Argon2id(input, small), of_large = Argon2id(input, large);
  Argon2Memory memory;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Argon2id(input, small), of_small);
    EXPECT_EQ(Argon2id(input, large), of_large);
    const uint8_t* kept = memory.Take(size_t{512} << 10);
    EXPECT_EQ(std::count(kept, kept + (size_t{512} << 10), 0), 512 << 10);
    memory.Release();
  }
}

TEST(Argon2Test, APasswordIsKeptAsAPhcStringWithASaltOfItsOwn) {
  std::string hash = HashPassword("correct horse");
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << hash;
  EXPECT_NE(hash, HashPassword("correct horse"));
  EXPECT_TRUE(VerifyPassword("correct horse", hash));
  EXPECT_FALSE(VerifyPassword("correct hors", hash));
  EXPECT_FALSE(VerifyPassword("", hash));
  EXPECT_FALSE(NeedsRehash(hash));
}

TEST(Argon2Test, HashesOfAnotherCostAreVerifiedAndMadeAnew) {
  std::string salt = "somesalt";
  std::string tag = Argon2id({"password", salt, "", ""}, {.memory_kib = 4096, .passes = 2, .lanes = 1});
  std::string base64 = Base64Encode(tag);
  base64.resize(base64.find('='));
  std::string hash = "$argon2id$v=19$m=4096,t=2,p=1$c29tZXNhbHQ$" + base64;
  EXPECT_TRUE(VerifyPassword("password", hash)) << hash;
  EXPECT_FALSE(VerifyPassword("passwort", hash));
  EXPECT_TRUE(NeedsRehash(hash));
}

TEST(Argon2Test, WhatIsNoHashIsOfNoPassword) {
  std::string good = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$";
  for (std::string bad : {std::string(), std::string("-"), good, good + "AAAA",
                          "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQ$" + std::string(43, 'A'),
                          "$argon2id$v=19$m=4000000,t=1,p=1$c29tZXNhbHQ$" + std::string(43, 'A'),
                          "$argon2id$v=19$m=64,t=0,p=1$c29tZXNhbHQ$" + std::string(43, 'A'),
                          "$argon2id$v=19$m=64,t=1,p=16$c29tZXNhbHQ$" + std::string(43, 'A')}) {
    EXPECT_FALSE(VerifyPassword("password", bad)) << bad;
    EXPECT_TRUE(NeedsRehash(bad)) << bad;
  }
}

TEST(RandomTest, NeverTheSame) {
  std::set<std::array<uint8_t, 16>> seen;
  for (int i = 0; i < 100; ++i) {
    std::array<uint8_t, 16> bytes{};
    RandomBytes(bytes);
    EXPECT_TRUE(seen.insert(bytes).second);
  }
}

// RFC 7515, appendix A.3: a key, what it signed with ES256, and the signature.
constexpr const char* kPem = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff
H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp
7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt
-----END PRIVATE KEY-----
)";
constexpr const char* kSigned =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
constexpr const char* kSignature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

TEST(SigningKeyTest, VerifiesTheExampleOfRfc7515) {
  auto key = SigningKey::FromPem(kPem);
  ASSERT_TRUE(key) << key.error().message;
  std::string signature = *Base64UrlDecode(kSignature);
  EXPECT_FALSE(key->Verify(kSigned, signature));  // its s is in the upper half, as ours never are
  EXPECT_EQ(key->jwk()[2].second, "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
  auto open = PublicKey::Ec(PublicKey::Kind::kP256, *Base64UrlDecode(key->jwk()[2].second),
                            *Base64UrlDecode(key->jwk()[3].second));
  ASSERT_TRUE(open);
  EXPECT_TRUE(open->Verify(SignatureAlgorithm::kEs256, kSigned, signature));
  EXPECT_FALSE(open->Verify(SignatureAlgorithm::kEs256, std::string(kSigned) + "x", signature));
  EXPECT_EQ(key->thumbprint(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
}

TEST(SigningKeyTest, OnlyOwnSignaturesOverThoseBytes) {
  auto key = SigningKey::Generate(SignatureAlgorithm::kEs256);
  auto other = SigningKey::Generate(SignatureAlgorithm::kEs256);
  ASSERT_TRUE(key && other);
  std::string signature = key->Sign("what is said");
  ASSERT_EQ(signature.size(), 64u);
  EXPECT_TRUE(key->Verify("what is said", signature));
  EXPECT_FALSE(key->Verify("what was said", signature));
  EXPECT_FALSE(other->Verify("what is said", signature));
  EXPECT_NE(key->thumbprint(), other->thumbprint());
  for (size_t bit = 0; bit < signature.size() * 8; bit += 37) {
    std::string flipped = signature;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(key->Verify("what is said", flipped)) << bit;
  }
  for (const std::string& wrong : {std::string(), std::string(64, '\0'), std::string(64, '\xff'), signature + "x",
                                   signature.substr(1), std::string(32, '\0') + signature.substr(32)}) {
    EXPECT_FALSE(key->Verify("what is said", wrong));
  }
}

TEST(SigningKeyTest, PemRoundTrip) {
  auto key = SigningKey::Generate(SignatureAlgorithm::kEs256);
  ASSERT_TRUE(key);
  auto again = SigningKey::FromPem(key->ToPem());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->thumbprint(), key->thumbprint());
  EXPECT_TRUE(again->Verify("x", key->Sign("x")));
  EXPECT_TRUE(key->ToPem().starts_with("-----BEGIN PRIVATE KEY-----"));
}

TEST(SigningKeyTest, RefusesWhatIsNoKeyOfItsCurve) {
  constexpr const char* kP384 = R"(-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCmpMJ3cWNamFO7Tmg/
zaeZ0vzQxFmEcgstJnfdlrUGAEUFa+YrPyW98MmAyVR4XCOhZANiAATIY1nh54du
fpoHVwvuLi9ibhZXR0hAKbawFxS6TFAzCnh2PGhkouqWOxm5VE6OvJXQBm8b5mW9
AUehW51vYhXaOa20UaNy+smKmmLnmUWI0lL7c/659Th/dxHlc/DQUds=
-----END PRIVATE KEY-----
)";
  constexpr const char* kX25519 = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VuBCIEIMgIFcKL7t8dmJstat5GgQee0eB8oyBBk6+EY/mleXpw
-----END PRIVATE KEY-----
)";
  std::string cut(kPem);
  cut.resize(cut.size() / 2);
  for (const std::string& pem : {std::string(), std::string("no key"), std::string(kX25519), std::string(kP384), cut}) {
    auto key = SigningKey::FromPem(pem);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().kind, ErrorKind::kInvalid);
  }
}

TEST(SigningKeyTest, ThreadsShareAKey) {
  auto key = SigningKey::Generate(SignatureAlgorithm::kEs256);
  ASSERT_TRUE(key);
  std::atomic<int> good = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int turn = 0; turn < 20; ++turn) {
        std::string text = fmt::format("{} {}", i, turn);
        good += key->Verify(text, key->Sign(text)) ? 1 : 0;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 80);
}

}  // namespace
}  // namespace ashlar
