// SPDX-License-Identifier: Apache-2.0
#include "identity/keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

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
  std::string pem = EcdsaKey::Generate()->ToPem();
  for (const std::string& text : {std::string(), std::string("secret"), pem.substr(0, 60), std::string(10'000, 'x')}) {
    Write(text, kOwner);
    std::string message = OpenError();
    EXPECT_NE(message.find(path_), std::string::npos);
    EXPECT_EQ(message.find("secret"), std::string::npos);
  }
}

TEST_F(KeysTest, RefusedWhereItIsALinkOrAFolder) {
  std::ofstream(folder_ + "/elsewhere") << EcdsaKey::Generate()->ToPem();
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

}  // namespace
}  // namespace ashlar::identity
