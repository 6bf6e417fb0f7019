// SPDX-License-Identifier: Apache-2.0
#include "identity/breached_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/crypto/sha1.h"
#include "base/hex.h"

namespace ashlar::identity {
namespace {

using testing::HasSubstr;

class BreachedListTest : public testing::Test {
 protected:
  BreachedListTest() {
    std::string pattern = testing::TempDir() + "ashlar-breached-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/hashes.txt";
  }
  ~BreachedListTest() override { std::filesystem::remove_all(folder_); }

  static std::string LineOf(const std::string& password, bool upper = true) {
    auto digest = Sha1(password);
    std::string hex = HexEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
    if (upper)
      std::ranges::transform(hex, hex.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
    return hex;
  }
  // In ascending order, each with what stands behind its hash.
  static std::vector<std::string> Lines(size_t count, const std::function<std::string(size_t)>& behind) {
    std::vector<std::string> lines;
    for (size_t i = 0; i < count; ++i) lines.push_back(LineOf(fmt::format("password {}", i)));
    std::ranges::sort(lines);
    for (size_t i = 0; i < count; ++i) lines[i] += behind(i);
    return lines;
  }
  void Write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }
  std::string WhyNot(const std::string& text) {
    Write(text);
    auto list = BreachedList::Open(path_);
    EXPECT_FALSE(list);
    if (list) return "";
    EXPECT_EQ(list.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(list.error().message, HasSubstr("identity.password.breached: " + path_ + ": "));
    return list.error().message;
  }

  std::string folder_, path_;
};

TEST_F(BreachedListTest, HoldsWhatStandsInItAndNothingElse) {
  for (size_t count : {1u, 2u, 90u, 3000u}) {
    for (const char* end : {"\n", "\r\n"}) {
      for (bool last : {false, true}) {
        auto lines = Lines(count, [](size_t i) { return i % 3 == 0 ? "" : fmt::format(":{}", i * i * i); });
        std::string text = fmt::format("{}{}", fmt::join(lines, end), last ? end : "");
        Write(text);
        auto list = BreachedList::Open(path_);
        ASSERT_TRUE(list) << list.error().message;
        for (size_t i = 0; i < count; ++i) {
          ASSERT_EQ((*list)->Holds(fmt::format("password {}", i)), true) << i << " of " << count;
          ASSERT_EQ((*list)->Holds(fmt::format("other {}", i)), false) << i << " of " << count;
        }
      }
    }
  }
}

TEST_F(BreachedListTest, DigitsAreOfEitherCase) {
  Write(LineOf("hunter2", false) + "\n");
  auto list = BreachedList::Open(path_);
  ASSERT_TRUE(list);
  EXPECT_EQ((*list)->Holds("hunter2"), true);
}

TEST_F(BreachedListTest, WhatIsNoSuchFileIsRefusedByItsName) {
  EXPECT_THAT(BreachedList::Open(path_).error().message, HasSubstr(path_ + ": No such file"));
  EXPECT_THAT(BreachedList::Open(folder_).error().message, HasSubstr("is not a file"));
  EXPECT_THAT(WhyNot(""), HasSubstr("is empty"));
  const std::string a = LineOf("a"), b = LineOf("b");
  const std::string low = std::min(a, b), high = std::max(a, b);
  EXPECT_THAT(WhyNot(high + "\n" + low + "\n"), HasSubstr("not sorted at byte 41"));
  EXPECT_THAT(WhyNot(low + "\npassword\n"), HasSubstr("no line with a SHA-1 hash at byte 41"));
  EXPECT_THAT(WhyNot(low + "\n\n" + high), HasSubstr("at byte 41"));
  EXPECT_THAT(WhyNot(low.substr(1) + "\n"), HasSubstr("at byte 0"));
  EXPECT_THAT(WhyNot(low + "0\n"), HasSubstr("at byte 0"));
  EXPECT_THAT(WhyNot(low + ":\n"), HasSubstr("at byte 0"));
  EXPECT_THAT(WhyNot(low + ":-1\n"), HasSubstr("at byte 0"));
  EXPECT_THAT(WhyNot("\xef\xbb\xbf" + low + "\n"), HasSubstr("at byte 0"));
  EXPECT_THAT(WhyNot(std::string(500'000, 'A')), HasSubstr("at byte 0"));
}

// Wherever it is, also where one window of the look at the start ends and the next begins.
TEST_F(BreachedListTest, AMistakeAnywhereIsFound) {
  const auto lines = Lines(6000, [](size_t i) { return i % 2 == 0 ? "" : ":12"; });
  const std::string text = fmt::format("{}\n", fmt::join(lines, "\n"));
  ASSERT_GT(text.size(), 4u * 65'536 - 10'000);
  size_t at = 0;
  for (size_t i = 0; i < lines.size(); at += lines[i].size() + 1, ++i) {
    const bool near = at % 65'536 < 300 || at % 65'536 > 65'236 || i % 997 == 0 || i + 1 == lines.size();
    if (!near) continue;
    std::string wrong = text;
    wrong[at + 7] = 'x';
    EXPECT_THAT(WhyNot(wrong), HasSubstr(fmt::format("no line with a SHA-1 hash at byte {}", at)));
    if (i == 0) continue;
    wrong = text;
    wrong.replace(at, 40, 40, '0');
    EXPECT_THAT(WhyNot(wrong), HasSubstr(fmt::format("not sorted at byte {}", at)));
  }
}

TEST_F(BreachedListTest, AFileThatIsCutMeanwhileJudgesNothing) {
  Write(fmt::format("{}\n", fmt::join(Lines(2000, [](size_t) { return ""; }), "\n")));
  auto list = BreachedList::Open(path_);
  ASSERT_TRUE(list);
  Write("");
  auto held = (*list)->Holds("password 1");
  ASSERT_FALSE(held);
  EXPECT_EQ(held.error().kind, ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace ashlar::identity
