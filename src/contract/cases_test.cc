// SPDX-License-Identifier: Apache-2.0
// Runs tests/contract: every mistake that a contract can hold, one per file, and contracts that are right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/json/json.h"
#include "contract/contract.h"
#include "contract/keys.h"
#include "contract/mistakes.h"

namespace ashlar::contract {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExpected = "# error: ";

fs::path Cases() { return fs::path(ASHLAR_SOURCE_DIR) / "tests/contract"; }

std::vector<Source> Read(const fs::path& path) {
  auto sources = ReadSources(path.string());
  EXPECT_TRUE(sources.has_value()) << path;
  return sources ? *sources : std::vector<Source>();
}

std::vector<fs::path> EntriesOf(const fs::path& folder) {
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder)) entries.push_back(entry.path());
  std::ranges::sort(entries);
  EXPECT_FALSE(entries.empty()) << folder;
  return entries;
}

MistakeList Judge(const std::vector<Source>& sources) {
  auto compiled = Compile(sources, {});
  return compiled ? MistakeList() : compiled.error();
}

std::string Line(const std::string& file, const std::string& what) {
  return fs::path(file).filename().string() + ":" + what;
}

// What the files say is wrong with them, as "FILE:LINE:COLUMN: TEXT".
std::vector<std::string> Expected(const std::vector<Source>& sources, const fs::path& folder) {
  std::vector<std::string> expected;
  for (const Source& source : sources) {
    std::string_view rest = source.text;
    while (rest.starts_with(kExpected)) {
      size_t end = rest.find('\n');
      std::string what(rest.substr(kExpected.size(), end - kExpected.size()));
      if (size_t at = what.find("FOLDER"); at != std::string::npos) what.replace(at, 6, folder.string());
      expected.push_back(Line(source.path, what));
      rest.remove_prefix(end + 1);
    }
  }
  return expected;
}

std::vector<std::string> Told(const MistakeList& mistakes) {
  std::vector<std::string> told;
  for (const Mistake& mistake : mistakes) {
    std::string text = fmt::format("{}:{}: {}", mistake.line, mistake.column, mistake.message);
    if (!mistake.suggestion.empty()) text += fmt::format("; did you mean '{}'?", mistake.suggestion);
    told.push_back(Line(mistake.file, text));
  }
  return told;
}

// Contracts that are too large to keep, by the mistake that each holds.
struct Made {
  std::string id;
  std::string text;
  int line;
  int column;
};
std::string Repeat(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}
std::string Numbered(std::string_view before, size_t from, size_t to, std::string_view behind) {
  std::string out;
  for (size_t i = from; i < to; ++i) out += fmt::format("{}{}{}", before, i, behind);
  return out;
}
std::vector<Made> MadeCases() {
  const std::string thing = "service: x\nresources:\n  Thing:\n";
  const std::string provider = "service: x\nidentity:\n  provider:\n    issuer: https://id.test\n    clients:\n";
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) bomb += fmt::format("a{}: &a{} [{}x]\n", i, i, Repeat(fmt::format("*a{}, ", i - 1), 8));
  std::string providers;
  for (int i = 0; i < 9; ++i) {
    providers +=
        fmt::format("    p{0}: {{ issuer: 'https://a{0}.test', clientId: x, clientSecret: '${{X:-s}}' }}\n", i);
  }
  return {
      {"too-large", "service: x\n#" + std::string(4 << 20, 'x'), 1, 1},
      {"not-utf8", "service: x\ntitle: a\xc0z\n", 2, 9},
      {"control-character", "service: x\ntitle: a\x1bz\n", 2, 9},
      {"control-character", std::string("service: x\ntitle: \0a\n", 21), 2, 8},
      {"too-deep", "service: x\nresources: " + Repeat("[", 50'000), 2, 75},
      {"too-deep", "service: x\nresources: " + Repeat("{a: ", 50'000), 2, 11 + 1 + 63 * 4},
      {"too-many-values", bomb, 6, 9},
      {"expands-too-far", "title: &a " + std::string(100'000, 'x') + "\nlist: [" + Repeat("*a, ", 200) + "]\n", 2, 668},
      {"too-many", "service: x\nroles:\n" + Numbered("  r", 0, 201, ":\n"), 203, 3},
      {"too-many", "service: x\nrules:\n" + Numbered("  r", 0, 201, ": public\n"), 203, 3},
      {"too-many", "service: x\nresources:\n" + Numbered("  R", 0, 484, ": {}\n"), 486, 3},
      {"too-many", thing + "    fields:\n" + Numbered("      f", 0, 501, ": int\n"), 505, 7},
      {"too-many", thing + "    fields: { a: int }\n    unique:\n" + Repeat("      - [a]\n", 51), 56, 9},
      {"too-many", thing + "    unique: [[" + Repeat("id, ", 17) + "]]\n", 4, 79},
      {"too-many", "service: x\nlimits:\n" + Repeat("  - { to: 1/s, per: ip }\n", 17), 19, 5},
      {"too-many",
       "service: x\nresources: {}\ntests:\n" + Repeat("  - { as: anonymous, when: GET /v1/x, expect: allow }\n", 501),
       504, 5},
      {"too-many",
       thing +
           "    fields: { a: int }\ntests:\n  - as: anonymous\n    when: GET /v1/things\n"
           "    expect: allow\n    rows:\n      Thing:\n" +
           Repeat("        - { a: 1 }\n", 101),
       111, 11},
      {"too-many",
       "service: x\nidentity:\n  issuers:\n" + Numbered("    - { issuer: 'https://a", 0, 9, ".test', audience: x }\n"),
       12, 7},
      {"too-many", provider + Numbered("      c", 0, 51, ": { redirectUris: ['https://a.test'], scopes: [openid] }\n"),
       56, 7},
      {"too-many",
       provider + "      a:\n        scopes: [openid]\n        redirectUris:\n" +
           Numbered("          - https://a.test/", 0, 21, "\n"),
       29, 13},
      {"too-many", "service: x\nidentity:\n  providers:\n" + providers, 12, 5},
      {"too-many", "service: x\nidentity:\n  returnTo:\n" + Numbered("    - https://a.test/", 0, 11, "\n"), 14, 7},
      {"too-many", thing + "    checks:\n" + Repeat("      - { rule: 'true', message: x }\n", 101), 105, 9},
  };
}

TEST(Cases, EachHasExactlyItsMistake) {
  for (const fs::path& path : EntriesOf(Cases() / "one")) {
    std::vector<Source> sources = Read(path);
    std::vector<std::string> expected = Expected(sources, path);
    EXPECT_EQ(expected.size(), 1u) << path;
    EXPECT_EQ(Told(Judge(sources)), expected) << path;
  }
}

TEST(Cases, AllMistakesOfAContractComeAtOnce) {
  for (const fs::path& path : EntriesOf(Cases() / "many")) {
    std::vector<Source> sources = Read(path);
    std::vector<std::string> expected = Expected(sources, path);
    EXPECT_GT(expected.size(), 1u) << path;
    EXPECT_EQ(Told(Judge(sources)), expected) << path;
  }
}

TEST(Cases, FilesOfAFolderAreOneContract) {
  for (const fs::path& path : EntriesOf(Cases() / "folders")) {
    std::vector<Source> sources = Read(path);
    EXPECT_EQ(Told(Judge(sources)), Expected(sources, path)) << path;
  }
}

TEST(Cases, LargeOnesAreRefusedAtTheirPlace) {
  for (const Made& made : MadeCases()) {
    MistakeList found = Judge({{"made.yaml", made.text}});
    ASSERT_EQ(found.size(), 1u) << made.id << made.text.substr(0, 100) << Render(found, false).substr(0, 1000);
    EXPECT_EQ(found[0].id, made.id);
    EXPECT_EQ(std::pair(found[0].line, found[0].column), std::pair(made.line, made.column))
        << made.id << made.text.substr(0, 60);
  }
}

// The ids of all mistakes that the cases hold.
std::set<std::string> CoveredIds() {
  // contract_test.cc; tests/e2e/test_policy.py
  std::set<std::string> ids = {"too-many-mistakes", "test-failed"};
  auto note = [&](const MistakeList& mistakes) {
    for (const Mistake& mistake : mistakes) ids.insert(mistake.id);
  };
  for (const fs::path& path : EntriesOf(Cases() / "one")) note(Judge(Read(path)));
  for (const fs::path& path : EntriesOf(Cases() / "folders")) note(Judge(Read(path)));
  for (const Made& made : MadeCases()) note(Judge({{"made.yaml", made.text}}));
  return ids;
}

TEST(Cases, CoverEveryKindOfMistake) {
  std::set<std::string> covered = CoveredIds();
  for (const ProblemRow& row : Problems()) {
    EXPECT_TRUE(covered.contains(std::string(row.id))) << "no case in tests/contract/one is of '" << row.id << "'";
  }
}

using KeyTable = std::span<const Key> (*)();
constexpr KeyTable kTables[] = {TopLevelKeys,   RoleKeys,     ResourceKeys,       FieldKeys,      CheckKeys,
                                AccessKeys,     UpdateKeys,   PageKeys,           DeprecatedKeys, IdentityKeys,
                                PasswordKeys,   TokensKeys,   LinksKeys,          SessionsKeys,   ApiKeysKeys,
                                LimitKeys,      IssuerKeys,   TestKeys,           TestCallerKeys, TestCallKeys,
                                TestExpectKeys, ProviderKeys, OpenIdProviderKeys, ClientKeys,     RegistrationKeys};

TEST(Cases, CoverEveryKey) {
  std::string right;
  std::set<std::string> refused;
  for (const fs::path& path : EntriesOf(Cases() / "right")) right += Read(path)[0].text;
  for (const fs::path& path : EntriesOf(Cases() / "one")) {
    for (const Mistake& mistake : Judge(Read(path))) refused.insert(mistake.message);
  }
  for (KeyTable table : kTables) {
    for (const Key& key : table()) {
      if (key.supported) {
        EXPECT_THAT(right, testing::ContainsRegex(fmt::format("[ {{\n]{}:", key.name))) << "in tests/contract/right";
      } else {
        EXPECT_TRUE(refused.contains(fmt::format("'{}' is not supported by this build", key.name))) << key.name;
      }
    }
  }
  for (const types::FieldType& type : types::FieldTypes()) {
    EXPECT_THAT(right, testing::ContainsRegex(fmt::format("[^a-z]{}[^a-z]", type.name)));
  }
}

TEST(Cases, RightOnesAndExamplesCompile) {
  fs::path root(ASHLAR_SOURCE_DIR);
  std::vector<fs::path> paths = EntriesOf(Cases() / "right");
  for (const fs::path& example : EntriesOf(root / "examples")) paths.push_back(example / "ashlar.yaml");
  for (const fs::path& path : paths) EXPECT_EQ(Render(Judge(Read(path)), false), "") << path;
}

TEST(Cases, TheNorthStarIsRefusedByNameWhereItIsNotBuiltYet) {
  fs::path path = fs::path(ASHLAR_SOURCE_DIR) / "../shared/examples/shop.yaml";
  if (!fs::exists(path)) GTEST_SKIP() << "the shared examples are not here";
  std::vector<std::string> messages;
  Options options;
  options.environment = [](const std::string&) { return "secret"; };  // of the provider that Users sign in with
  auto compiled = Compile(Read(path), options);
  ASSERT_FALSE(compiled);
  for (const Mistake& mistake : compiled.error()) messages.push_back(mistake.message);
  std::vector<std::string> expected;
  for (std::string_view key : {"actions", "events", "webhooks", "schedules", "upstreams", "workflows", "gateway"}) {
    expected.push_back(fmt::format("'{}' is not supported by this build", key));
  }
  EXPECT_EQ(messages, expected);
}

TEST(Documents, SchemaAndReferenceNameEverything) {
  auto schema = json::Parse(JsonSchema());
  ASSERT_TRUE(schema.has_value()) << schema.error().message;
  const json::Json* properties = schema->Find("properties");
  for (const Key& key : TopLevelKeys()) EXPECT_EQ(properties->Find(key.name) != nullptr, key.supported) << key.name;
  std::string text = JsonSchema();
  std::string reference = Reference();
  for (KeyTable table : kTables) {
    for (const Key& key : table()) {
      EXPECT_THAT(reference, testing::HasSubstr(fmt::format("| `{}` |", key.name)));
      if (key.supported) EXPECT_THAT(text, testing::HasSubstr(fmt::format("\"{}\":{{\"description\":", key.name)));
    }
  }
  for (const ProblemRow& row : Problems()) {
    EXPECT_THAT(reference, testing::HasSubstr(fmt::format("| `{}` |", row.id)));
  }
  EXPECT_THAT(reference, testing::HasSubstr("| `variable-form` | '${' must be followed by the name of an environment "
                                            "variable and '}' |"));
  for (const types::FieldType& type : types::FieldTypes()) {
    EXPECT_THAT(text, testing::HasSubstr(fmt::format("\"{}\"", type.name)));
  }
}

}  // namespace
}  // namespace ashlar::contract
