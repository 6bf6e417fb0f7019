// SPDX-License-Identifier: Apache-2.0
#include "app/operator/rows_file.h"

#include <filesystem>

namespace ashlar::app {
namespace {

constexpr json::Limits kFileLimits{.depth = 64, .bytes = 256u << 20};

// The lines on which the values at one depth of a JSON text begin. REQUIRES: it is JSON.
class LineFinder {
 public:
  explicit LineFinder(std::string_view text) : text_(text) {}

  // Lines of the elements of the arrays in the root object, member by member.
  std::vector<std::vector<int>> Rows() {
    int depth = 0;
    bool begins = false;
    std::vector<std::vector<int>> rows;
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == '\n') ++line_;
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        ++at_;
        continue;
      }
      if (depth == 2 && begins && c != ']') {
        if (!rows.empty()) rows.back().push_back(line_);
        begins = false;
      }
      if (c == '"') {
        SkipString();
        continue;
      }
      if (c == ':' && depth == 1) rows.emplace_back();
      if (c == '{' || c == '[') {
        ++depth;
        begins = depth == 2;
      }
      if (c == '}' || c == ']') --depth;
      if (c == ',' && depth == 2) begins = true;
      ++at_;
    }
    return rows;
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

void ReadObject(const std::string& path, const std::string& text, FileContents& contents) {
  auto parsed = json::Parse(text, kFileLimits);
  if (!parsed) {
    contents.mistakes.push_back(
        {path, parsed.error().line, fmt::format("column {}: {}", parsed.error().column, parsed.error().message)});
    return;
  }
  if (parsed->object() == nullptr) {
    contents.mistakes.push_back({path, 1, "must be an object: {\"Resource\": [row, ...]}"});
    return;
  }
  std::vector<std::vector<int>> lines = LineFinder(text).Rows();
  size_t place = 0;
  for (json::Member& member : std::get<json::Object>(parsed->value)) {
    const std::vector<int>& own = lines[place++];
    contents.resources.emplace_back(path, member.name);
    if (member.value.array() == nullptr) {
      contents.mistakes.push_back({path, 1, fmt::format("{}: must be an array of rows", member.name)});
      continue;
    }
    size_t row = 0;
    for (json::Json& value : std::get<json::Array>(member.value.value)) {
      contents.rows.push_back({path, row < own.size() ? own[row] : 1, member.name, std::move(value)});
      ++row;
    }
  }
}

void ReadLines(const std::string& path, const std::string& text, FileContents& contents) {
  std::string resource = std::filesystem::path(path).stem().string();
  contents.resources.emplace_back(path, resource);
  int line = 0;
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find('\n', at), text.size());
    std::string_view one = std::string_view(text).substr(at, end - at);
    at = end + 1;
    ++line;
    if (one.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto parsed = json::Parse(one, kFileLimits);
    if (parsed) {
      contents.rows.push_back({path, line, resource, std::move(*parsed)});
    } else {
      contents.mistakes.push_back(
          {path, line, fmt::format("column {}: {}", parsed.error().column, parsed.error().message)});
    }
  }
}

}  // namespace

void ReadRows(const std::string& path, const std::string& text, FileContents& contents) {
  std::string kind = std::filesystem::path(path).extension().string();
  if (kind == ".csv") {
    contents.mistakes.push_back({path, 1, "CSV is not supported by this build"});
  } else if (kind == ".ndjson" || kind == ".jsonl") {
    ReadLines(path, text, contents);
  } else {
    ReadObject(path, text, contents);
  }
}

}  // namespace ashlar::app
