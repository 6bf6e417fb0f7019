// SPDX-License-Identifier: Apache-2.0
#include "app/operator/rows_file.h"

#include <filesystem>

namespace ashlar::app {
namespace {

constexpr json::Limits kFileLimits{.depth = 64, .bytes = 256u << 20};

// Where the members of a JSON object begin, and the elements of those that are arrays. REQUIRES: it is an object.
struct MemberLines {
  int line = 1;
  std::vector<int> elements;
};
class LineFinder {
 public:
  explicit LineFinder(std::string_view text) : text_(text) {}

  std::vector<MemberLines> Find() {
    std::vector<MemberLines> members;
    int depth = 0;
    bool begins = false;  // whether the next value is an element of a member
    while (at_ < text_.size()) {
      char c = text_[at_];
      bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
      if (c == '\n') ++line_;
      if (begins && depth == 2 && !space && c != ']') {
        members.back().elements.push_back(line_);
        begins = false;
      }
      if (c == '"') {
        SkipString();
        continue;
      }
      if (c == ':' && depth == 1) members.push_back({line_, {}});
      if (c == '{' || c == '[') begins = ++depth == 2 && c == '[';
      if (c == '}' || c == ']') --depth;
      if (c == ',' && depth == 2) begins = true;
      ++at_;
    }
    return members;
  }

 private:
  void SkipString() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    ++at_;
  }
  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1;
};

std::string Told(const json::SyntaxError& error) { return fmt::format("column {}: {}", error.column, error.message); }

void ReadObject(const std::string& text, FileContents& contents) {
  size_t file = contents.paths.size() - 1;
  auto parsed = json::Parse(text, kFileLimits);
  if (!parsed) {
    contents.mistakes.push_back({{file, parsed.error().line}, Told(parsed.error())});
    return;
  }
  if (parsed->object() == nullptr) {
    contents.mistakes.push_back({{file, 1}, "must be an object: {\"Resource\": [row, ...]}"});
    return;
  }
  std::vector<MemberLines> lines = LineFinder(text).Find();
  size_t member_at = 0;
  for (json::Member& member : std::get<json::Object>(parsed->value)) {
    const MemberLines& own = lines[member_at++];
    contents.resources.emplace_back(FilePlace{file, own.line}, member.name);
    if (member.value.array() == nullptr) {
      contents.mistakes.push_back({{file, own.line}, fmt::format("{}: must be an array of rows", member.name)});
      continue;
    }
    size_t row = 0;
    for (json::Json& value : std::get<json::Array>(member.value.value)) {
      contents.rows.push_back({{file, own.elements[row++]}, member.name, std::move(value)});
    }
  }
}

void ReadLines(const std::string& text, const std::string& resource, FileContents& contents) {
  FilePlace place{contents.paths.size() - 1, 0};
  contents.resources.emplace_back(FilePlace{place.file, 1}, resource);
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string_view one = std::string_view(text).substr(at, end - at);
    at = end + 1;
    ++place.line;
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto parsed = json::Parse(one, kFileLimits);
    if (parsed) {
      contents.rows.push_back({place, resource, std::move(*parsed)});
    } else {
      contents.mistakes.push_back({place, Told(parsed.error())});
    }
  }
}

}  // namespace

void ReadRows(const std::string& path, const std::string& text, const std::string& resource, FileContents& contents) {
  std::filesystem::path name(path);
  contents.paths.push_back(path);
  if (name.extension() == ".csv") {
    contents.mistakes.push_back({{contents.paths.size() - 1, 1}, "CSV is not supported by this build"});
  } else if (name.extension() == ".ndjson" || name.extension() == ".jsonl") {
    ReadLines(text, resource.empty() ? name.stem().string() : resource, contents);
  } else {
    ReadObject(text, contents);
  }
}

}  // namespace ashlar::app
