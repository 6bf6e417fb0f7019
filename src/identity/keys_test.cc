// SPDX-License-Identifier: Apache-2.0
#include "identity/keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "identity/jwks.h"
#include "identity/token.h"
#include "identity/world_test.h"

namespace ashlar::identity {
namespace {

namespace fs = std::filesystem;

class KeysTest : public testing::Test {
 protected:
  KeysTest() {
    std::string pattern = testing::TempDir() + "ashlar-keys-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/store.db.key";
  }
  ~KeysTest() override { fs::remove_all(folder_); }

  void Write(const std::string& text, fs::perms mode) {
    std::ofstream(path_) << text;
    fs::permissions(path_, mode);
  }
  std::string OpenError() {
    auto keys = ServiceKeys::Open(path_);
    EXPECT_FALSE(keys);
    if (keys) return "";
    EXPECT_EQ(keys.error().kind, ErrorKind::kInvalid);
    return keys.error().message;
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.push_back(entry.path().filename());
    return names;
  }

  std::string folder_;
  std::string path_;
};

constexpr fs::perms kOwner = fs::perms::owner_read | fs::perms::owner_write;

TEST_F(KeysTest, MadeAtFirstNeedAndKept) {
  auto first = ServiceKeys::Open(path_);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(fs::status(path_).permissions(), kOwner);
  EXPECT_EQ(Names(), std::vector<std::string>{"store.db.key"});
  auto again = ServiceKeys::Open(path_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->signing().thumbprint(), first->signing().thumbprint());
  EXPECT_EQ(again->cursor(), first->cursor());
}

TEST_F(KeysTest, CursorsAreSignedWithSomethingElse) {
  auto keys = ServiceKeys::Open(path_);
  ASSERT_TRUE(keys);
  fs::remove(path_);
  auto other = ServiceKeys::Open(path_);
  ASSERT_TRUE(other);
  EXPECT_NE(keys->cursor(), other->cursor());
  std::string cursor(reinterpret_cast<const char*>(keys->cursor().data()), keys->cursor().size());
  EXPECT_EQ(keys->signing().ToPem().find(cursor), std::string::npos);
}

TEST_F(KeysTest, RefusedWhereOthersMayReadIt) {
  auto made = ServiceKeys::Open(path_);
  ASSERT_TRUE(made);
  for (fs::perms wider : {fs::perms::group_read, fs::perms::others_read, fs::perms::group_write}) {
    fs::permissions(path_, kOwner | wider);
    EXPECT_NE(OpenError().find("0600"), std::string::npos);
  }
  fs::permissions(path_, kOwner);
  EXPECT_TRUE(ServiceKeys::Open(path_));
}

TEST_F(KeysTest, RefusedWhereItBelongsToSomeoneElse) {
  if (geteuid() != 0) GTEST_SKIP() << "only root may give files away";
  auto made = ServiceKeys::Open(path_);
  ASSERT_TRUE(made);
  ASSERT_EQ(chown(path_.c_str(), 12345, 12345), 0);
  EXPECT_NE(OpenError().find("someone else"), std::string::npos);
}

TEST_F(KeysTest, RefusedWhereItIsNoKey) {
  std::string pem = SigningKey::Generate(SignatureAlgorithm::kEs256)->ToPem();
  for (const std::string& text : {std::string(), std::string("secret"), pem.substr(0, 60), std::string(70'000, 'x')}) {
    Write(text, kOwner);
    std::string message = OpenError();
    EXPECT_NE(message.find(path_), std::string::npos);
    EXPECT_EQ(message.find("secret"), std::string::npos);
  }
}

TEST_F(KeysTest, RefusedWhereItIsALinkOrAFolder) {
  std::ofstream(folder_ + "/elsewhere") << SigningKey::Generate(SignatureAlgorithm::kEs256)->ToPem();
  fs::create_symlink("elsewhere", path_);
  EXPECT_FALSE(ServiceKeys::Open(path_));
  fs::remove(path_);
  fs::create_directory(path_);
  EXPECT_FALSE(ServiceKeys::Open(path_));
}

TEST_F(KeysTest, ToldWhereItCannotBeWritten) {
  auto keys = ServiceKeys::Open(folder_ + "/absent/store.db.key");
  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().kind, ErrorKind::kUnavailable);
}

TEST_F(KeysTest, ThreadsThatMakeItAtOnceAgree) {
  std::array<std::string, 8> thumbprints;
  {
    std::vector<std::jthread> threads;
    for (std::string& thumbprint : thumbprints) {
      threads.emplace_back([&] {
        auto keys = ServiceKeys::Open(path_);
        if (keys) thumbprint = keys->signing().thumbprint();
      });
    }
  }
  EXPECT_NE(thumbprints[0], "");
  for (const std::string& thumbprint : thumbprints) EXPECT_EQ(thumbprint, thumbprints[0]);
  EXPECT_EQ(Names(), std::vector<std::string>{"store.db.key"});
}

TEST_F(KeysTest, ProcessesThatMakeItAtOnceAgree) {
  std::array<pid_t, 4> children{};
  for (pid_t& child : children) {
    child = fork();
    if (child == 0) {
      auto keys = ServiceKeys::Open(path_);
      if (keys) std::ofstream(fmt::format("{}/{}.seen", folder_, getpid())) << keys->signing().thumbprint();
      _exit(keys ? 0 : 1);
    }
  }
  for (pid_t child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  auto keys = ServiceKeys::Open(path_);
  ASSERT_TRUE(keys);
  for (pid_t child : children) {
    std::string seen;
    std::ifstream(fmt::format("{}/{}.seen", folder_, child)) >> seen;
    EXPECT_EQ(seen, keys->signing().thumbprint());
  }
}

// What rotation does, by a clock that the test sets.
class RotationTest : public KeysTest {
 protected:
  static constexpr int64_t kBegin = 1'800'000'000;
  static constexpr int64_t kDay = 86'400;

  ServiceKeys Opened(SignatureAlgorithm algorithm = SignatureAlgorithm::kEs256) {
    auto keys = ServiceKeys::Open(path_, {.algorithm = algorithm, .clock = &clock_});
    EXPECT_TRUE(keys) << keys.error().message;
    return std::move(*keys);
  }
  std::string Token(const ServiceKeys& keys, int64_t lasts = 900) {
    return SignToken(keys.signing(), "shop",
                     {.issued_at = clock_.seconds, .expires_at = clock_.seconds + lasts, .id = "t"});
  }
  bool IsGood(const ServiceKeys& keys, const std::string& token) {
    return VerifyToken(*keys.ring(), "shop", *ReadJws(token), clock_.seconds).has_value();
  }
  size_t Published(const ServiceKeys& keys) { return keys.ring()->SeenAt(clock_.seconds).size(); }

  TestClock clock_;
};

TEST_F(RotationTest, ANewKeyIsPublishedBeforeItSignsAndTheOldOneVerifiesUntilItsTokensAreOver) {
  ServiceKeys keys = Opened();
  std::string first = keys.signing().thumbprint(), old = Token(keys);
  ASSERT_TRUE(keys.Rotate(false));
  EXPECT_EQ(keys.signing().thumbprint(), first);
  EXPECT_EQ(Published(keys), 2u);
  clock_.seconds += KeyRing::kLeadSeconds - 1;
  EXPECT_EQ(keys.signing().thumbprint(), first);
  std::string last = Token(keys, kDay);
  clock_.seconds += 1;
  EXPECT_NE(keys.signing().thumbprint(), first);
  EXPECT_TRUE(IsGood(keys, Token(keys)));
  EXPECT_TRUE(IsGood(keys, old));
  clock_.seconds += kDay - 2;
  EXPECT_TRUE(IsGood(keys, last));
  clock_.seconds += 2;
  EXPECT_EQ(Published(keys), 1u);
  EXPECT_EQ(keys.ring()->Find(first, clock_.seconds), nullptr);
}

TEST_F(RotationTest, TwoInARowAreRight) {
  ServiceKeys keys = Opened();
  std::string a = keys.signing().thumbprint(), of_a = Token(keys, kDay);
  ASSERT_TRUE(keys.Rotate(false));
  clock_.seconds += 10;
  ASSERT_TRUE(keys.Rotate(false));
  EXPECT_EQ(Published(keys), 3u);
  clock_.seconds += KeyRing::kLeadSeconds - 10;  // the second one's time, for ten seconds
  std::string b = keys.signing().thumbprint(), of_b = Token(keys, kDay);
  clock_.seconds += 10;
  std::string c = keys.signing().thumbprint();
  EXPECT_TRUE(a != b && b != c && c != a);
  EXPECT_TRUE(IsGood(keys, of_a) && IsGood(keys, of_b));
  clock_.seconds = kBegin + KeyRing::kLeadSeconds + kDay;  // that of the first is over
  EXPECT_FALSE(IsGood(keys, of_a));
  EXPECT_EQ(Published(keys), 2u);
  clock_.seconds += 10;
  EXPECT_EQ(Published(keys), 1u);
}

TEST_F(RotationTest, AStartKeepsEverything) {
  std::string old, refresh;
  plan::Planner::CursorKey cursor;
  {
    ServiceKeys keys = Opened();
    old = Token(keys);
    refresh = keys.refresh();
    cursor = keys.cursor();
    ASSERT_TRUE(keys.Rotate(false));
  }
  EXPECT_EQ(Names(), std::vector<std::string>{"store.db.key"});
  EXPECT_EQ(fs::status(path_).permissions(), kOwner);
  ServiceKeys again = Opened();
  EXPECT_TRUE(IsGood(again, old));
  EXPECT_EQ(Published(again), 2u);
  EXPECT_EQ(again.refresh(), refresh);
  EXPECT_EQ(again.cursor(), cursor);
  clock_.seconds += KeyRing::kLeadSeconds + kDay;
  EXPECT_EQ(Published(Opened()), 1u);
  std::ifstream file(path_);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(text.find("PRIVATE", text.find("PRIVATE", text.find("PRIVATE") + 1) + 1), std::string::npos);
}

TEST_F(RotationTest, ALongTokenHoldsItsKey) {
  std::string lasting;
  std::string first;
  {
    ServiceKeys keys = Opened();
    first = keys.signing().thumbprint();
    auto key = keys.SigningUntil(clock_.seconds + 30 * kDay);
    ASSERT_TRUE(key);
    lasting = SignToken(*key, "shop", {.expires_at = clock_.seconds + 30 * kDay, .id = "t"});
    ASSERT_TRUE(keys.Rotate(false));
  }
  ServiceKeys keys = Opened();  // remembered
  clock_.seconds += 30 * kDay - 1;
  EXPECT_TRUE(IsGood(keys, lasting));
  EXPECT_NE(keys.signing().thumbprint(), first);
  clock_.seconds += 1;
  EXPECT_EQ(Published(keys), 1u);
}

TEST_F(RotationTest, AfterATheftNothingOfTheOthersIsGood) {
  ServiceKeys keys = Opened();
  std::string old = Token(keys), refresh = keys.refresh();
  ASSERT_TRUE(keys.Rotate(false));
  uint64_t number = keys.number();
  ASSERT_TRUE(keys.Rotate(true));
  EXPECT_NE(keys.number(), number);
  EXPECT_EQ(Published(keys), 1u);
  EXPECT_FALSE(IsGood(keys, old));
  EXPECT_TRUE(IsGood(keys, Token(keys)));
  EXPECT_EQ(keys.refresh(), refresh);
  EXPECT_FALSE(IsGood(Opened(), old));
}

TEST_F(RotationTest, AnotherAlgorithmComesByRotation) {
  std::string old;
  {
    ServiceKeys keys = Opened();
    old = Token(keys);
  }
  ServiceKeys keys = Opened(SignatureAlgorithm::kEdDsa);
  EXPECT_EQ(keys.signing().algorithm(), SignatureAlgorithm::kEs256);
  EXPECT_EQ(Published(Opened(SignatureAlgorithm::kEdDsa)), 2u);  // once
  EXPECT_NE(WriteJwks(*keys.ring(), clock_.seconds).find("Ed25519"), std::string::npos);
  clock_.seconds += KeyRing::kLeadSeconds;
  EXPECT_EQ(keys.signing().algorithm(), SignatureAlgorithm::kEdDsa);
  EXPECT_TRUE(IsGood(keys, old));
  EXPECT_TRUE(IsGood(keys, Token(keys)));
}

TEST_F(RotationTest, AKeyAloneInPemIsReadAndItsSecretsStayWhatTheyWere) {
  SigningKey own = *SigningKey::Generate(SignatureAlgorithm::kEs256);
  Write(own.ToPem(), kOwner);
  ServiceKeys keys = Opened();
  EXPECT_EQ(keys.signing().thumbprint(), own.thumbprint());
  std::string refresh = keys.refresh();
  ASSERT_TRUE(keys.Rotate(false));
  EXPECT_EQ(Opened().refresh(), refresh);
  EXPECT_EQ(Published(Opened()), 2u);
}

TEST_F(RotationTest, ThereAreNotMoreKeysThanOneCanKeep) {
  ServiceKeys keys = Opened();
  for (size_t i = 1; i < KeyRing::kMost; ++i) ASSERT_TRUE(keys.Rotate(false));
  auto more = keys.Rotate(false);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(Published(Opened()), KeyRing::kMost);
}

TEST_F(RotationTest, WhatCannotBeWrittenChangesNothing) {
  ServiceKeys keys = Opened();
  std::string first = keys.signing().thumbprint();
  fs::rename(folder_, folder_ + "-away");
  EXPECT_FALSE(keys.Rotate(true));
  EXPECT_FALSE(keys.SigningUntil(clock_.seconds + 30 * kDay));
  fs::rename(folder_ + "-away", folder_);
  EXPECT_EQ(keys.signing().thumbprint(), first);
  EXPECT_EQ(Opened().signing().thumbprint(), first);
}

TEST_F(RotationTest, OthersSignAndVerifyWhileKeysChange) {
  ServiceKeys keys = Opened();
  std::atomic<bool> done = false;
  std::atomic<int> bad = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        while (!done) bad += IsGood(keys, Token(keys)) ? 0 : 1;
      });
    }
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(keys.Rotate(false));
    done = true;
  }
  EXPECT_EQ(bad, 0);
}

TEST_F(RotationTest, WhatIsPublishedIsNotSecret) {
  ServiceKeys keys = Opened();
  ASSERT_TRUE(keys.Rotate(false));
  std::string text = WriteJwks(*keys.ring(), clock_.seconds);
  auto read = ReadJwks(text);
  ASSERT_TRUE(read) << text;
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ(read->at(1).id, keys.signing().thumbprint());
  EXPECT_EQ(read->at(1).algorithm, SignatureAlgorithm::kEs256);
  EXPECT_TRUE(read->at(1).key.Verify(SignatureAlgorithm::kEs256, "x", keys.signing().Sign("x")));
  EXPECT_EQ(text.find("\"d\""), std::string::npos);
}

}  // namespace
}  // namespace ashlar::identity
