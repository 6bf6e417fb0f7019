// SPDX-License-Identifier: Apache-2.0
// Runs tests/contract/findings: one finding per file, at its place; and tests/contract/accepted: what is found, and
// accepted with a reason, or only looks like it, is not told.
#include "contract/findings/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace ashlar::contract {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExpected = "# warning: ";

std::vector<fs::path> FilesOf(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(ASHLAR_SOURCE_DIR) / folder)) files.push_back(entry.path());
  std::ranges::sort(files);
  EXPECT_FALSE(files.empty()) << folder;
  return files;
}

Judgement JudgeFile(const fs::path& path) {
  auto sources = ReadSources(path.string());
  EXPECT_TRUE(sources.has_value()) << path;
  return Judge(*sources, {});
}

Judgement JudgeText(const std::string& text) {
  Source source{"a.yaml", text};
  return Judge({&source, 1}, {});
}

std::vector<std::string> Told(const MistakeList& findings) {
  std::vector<std::string> told;
  for (const Mistake& finding : findings) {
    told.push_back(fmt::format("{}:{}: {} [{}]", finding.line, finding.column, finding.message, finding.id));
  }
  return told;
}

TEST(Findings, EachCaseHasExactlyItsOwn) {
  for (const fs::path& path : FilesOf("tests/contract/findings")) {
    std::string text = ReadSources(path.string())->front().text;
    ASSERT_TRUE(text.starts_with(kExpected)) << path;
    std::string expected = text.substr(kExpected.size(), text.find('\n') - kExpected.size());
    Judgement judgement = JudgeFile(path);
    EXPECT_EQ(Render(judgement.mistakes, false), "") << path;
    EXPECT_THAT(Told(judgement.findings), testing::ElementsAre(expected)) << path;
  }
}

TEST(Findings, WhatIsAcceptedOrOnlyLooksAlikeIsNotTold) {
  for (const fs::path& path : FilesOf("tests/contract/accepted")) {
    Judgement judgement = JudgeFile(path);
    EXPECT_EQ(Render(judgement.mistakes, false), "") << path;
    EXPECT_EQ(Render(judgement.findings, false), "") << path;
  }
}

TEST(Findings, TheExamplesHaveNone) {
  for (const fs::path& example : FilesOf("examples")) {
    EXPECT_EQ(Render(JudgeFile(example / "ashlar.yaml").findings, false), "") << example;
  }
}

TEST(Findings, EachHasACaseAndAPage) {
  std::set<std::string> found;
  for (const fs::path& path : FilesOf("tests/contract/findings")) {
    for (const Mistake& finding : JudgeFile(path).findings) found.insert(finding.id);
  }
  std::string page = FindingsReference();
  for (const FindingRow& row : FindingRows()) {
    EXPECT_TRUE(found.contains(std::string(row.id))) << "no case in tests/contract/findings is of " << row.id;
    EXPECT_THAT(page, testing::HasSubstr(fmt::format("\n## {}\n{}.\n\n{}\n", row.id, row.title, row.doc)));
  }
}

TEST(Findings, AreJudgedOnlyOfContractsWithoutMistakes) {
  Judgement judgement = JudgeText("service: x\nresources:\n  Thing: { access: { write: public }, colour: red }\n");
  EXPECT_EQ(judgement.service, nullptr);
  EXPECT_EQ(judgement.mistakes.size(), 1u);
  EXPECT_TRUE(judgement.findings.empty());
}

// What is accepted may hang on a variable that only the server has.
TEST(Findings, AreNotMissedWhileAVariableIsUnset) {
  std::string text =
      "service: x\nresources:\n  Thing: { description: A thing., access: { write: '${WHO}' } }\n"
      "accept: [{ id: ACCESS_WORLD_WRITABLE, at: Thing, reason: a test }]\n";
  Source source{"a.yaml", text};
  auto judge = [&](std::optional<std::string> who) {
    return Judge({&source, 1}, {.environment = [=](const std::string&) { return who; }, .allow_unset = true});
  };
  EXPECT_TRUE(judge(std::nullopt).mistakes.empty());
  EXPECT_TRUE(judge("public").mistakes.empty());
  EXPECT_TRUE(judge("public").findings.empty());
  MistakeList mistakes = judge("signedIn").mistakes;
  ASSERT_EQ(mistakes.size(), 1u);
  EXPECT_EQ(mistakes[0].id, "accept-nothing");
}

}  // namespace
}  // namespace ashlar::contract
