// SPDX-License-Identifier: Apache-2.0
#include "app/operator/rows_file.h"

#include <filesystem>
#include <set>

#include "app/operator/csv_file.h"
#include "app/operator/text_taker.h"

namespace ashlar::app {
namespace {

// {"Resource": [row, ...], ...}: finds where rows begin and end; what stands in them is for the parser to judge.
// Every function is false once the rest is not to be read.
class Document : TextTaker {
 public:
  using TextTaker::TextTaker;

  void Read() {
    int first = SkipSpace();
    if (first < 0) {
      Stop("the document ends where a value is expected");
    } else if (first != '{') {
      StopAt(Here(), "must be an object: {\"Resource\": [row, ...]}");
    } else if (Members() && SkipSpace() >= 0) {
      Stop("there is something behind the document");
    }
    if (!reader_.trouble().empty()) StopAt(Here(), "");
  }

 private:
  int SkipSpace() {
    int next = reader_.Peek();
    while (next == ' ' || next == '\t' || next == '\n' || next == '\r') {
      reader_.Advance();
      next = reader_.Peek();
    }
    return next;
  }

  bool Members() {
    reader_.Advance();
    for (bool first = true;; first = false) {
      int next = SkipSpace();
      if (first && next == '}') break;
      if (next < 0) return Stop("the document ends where a name is expected");
      if (next != '"') return Stop("expected a name in double quotes");
      if (!Member()) return false;
      next = SkipSpace();
      if (next < 0) return Stop("the document ends early: expected ',' or '}'");
      if (next == '}') break;
      if (next != ',') return Stop("expected ',' or '}'");
      reader_.Advance();
    }
    reader_.Advance();
    return true;
  }

  bool Member() {
    Begin();
    TakeString();
    auto name = json::Parse(text_);
    if (!name) {
      auto [place, message] = Told(name.error());
      return StopAt(place, message);
    }
    resource_ = *name->string();
    if (!names_.insert(resource_).second) {
      return StopAt(place_, fmt::format("column {}: the name '{}' stands twice in one object", column_, resource_));
    }
    FilePlace place = place_;
    if (SkipSpace() != ':') return Stop("expected ':'");
    reader_.Advance();
    if (!sink_.Resource(place, resource_)) return false;
    if (SkipSpace() == '[') return Rows();
    Begin();
    TakeValue();
    if (auto value = ParseRow(text_); !value && !TooLarge()) {
      auto [where, message] = Told(value.error());
      return StopAt(where, message);
    }
    return sink_.BadRow(place, fmt::format("{}: must be an array of rows", resource_));
  }

  bool Rows() {
    reader_.Advance();
    if (SkipSpace() == ']') {
      reader_.Advance();
      return true;
    }
    for (uint32_t row = 0;; ++row) {
      SkipSpace();
      if (!Row(row)) return false;
      int next = SkipSpace();
      if (next < 0) return Stop("the document ends early: expected ',' or ']'");
      if (next != ',' && next != ']') return Stop("expected ',' or ']'");
      reader_.Advance();
      if (next == ']') return true;
    }
  }

  bool Row(uint32_t row) {
    Begin();
    TakeValue();
    place_.row = row;
    if (TooLarge()) return sink_.BadRow(place_, fmt::format("{}[{}]: {}", resource_, row, TooLargeText()));
    if (text_.empty()) {
      return Stop(reader_.Peek() < 0 ? "the document ends where a value is expected" : "expected a value");
    }
    auto body = ParseRow(text_);
    if (body) return sink_.Row({place_, true, offset_, static_cast<uint32_t>(size_), std::move(*body)});
    auto [place, message] = Told(body.error());
    return StopAt(place, fmt::format("{} (in {}[{}])", message, resource_, row));
  }

  // A value up to its end as its brackets and quotes tell it.
  void TakeValue() {
    int depth = 0;
    for (int next = reader_.Peek(); next >= 0; next = reader_.Peek()) {
      if (next == '"') {
        TakeString();
      } else if (depth == 0 && (next == ',' || next == ']' || next == '}' || next <= ' ')) {
        return;
      } else {
        if (next == '{' || next == '[') ++depth;
        if (next == '}' || next == ']') --depth;
        Take();
      }
      if (depth == 0 && (next == '"' || next == '}' || next == ']')) return;
    }
  }

  void TakeString() {
    Take();
    for (int next = reader_.Peek(); next >= 0; next = reader_.Peek()) {
      Take();
      if (next == '"') return;
      if (next == '\\' && reader_.Peek() >= 0) Take();
    }
  }

  std::string resource_;
  std::set<std::string> names_;
};

// A row a line.
class Lines : TextTaker {
 public:
  using TextTaker::TextTaker;

  void Read(const std::string& resource) {
    bool more = sink_.Resource({number_, 1, 0}, resource);
    while (more && reader_.Peek() >= 0) {
      Begin();
      for (int next = reader_.Peek(); next >= 0 && next != '\n'; next = reader_.Peek()) Take();
      more = Row();
      if (reader_.Peek() == '\n') reader_.Advance();
    }
    if (!reader_.trouble().empty()) StopAt(Here(), "");
  }

 private:
  bool Row() {
    if (TooLarge()) return sink_.BadRow(place_, TooLargeText());
    if (text_.find_first_not_of(" \t\r") == std::string::npos) return true;
    auto body = ParseRow(text_);
    if (body) return sink_.Row({place_, false, offset_, static_cast<uint32_t>(size_), std::move(*body)});
    return sink_.BadRow(place_, Told(body.error()).second);
  }
};

}  // namespace

void ReadRows(const SourceFile& file, size_t number, const std::string& resource, RowSink& sink) {
  std::filesystem::path name(file.path());
  if (name.extension() == ".csv") {
    ReadCsv(file, number, resource.empty() ? name.stem().string() : resource, sink);
  } else if (name.extension() == ".ndjson" || name.extension() == ".jsonl") {
    Lines(file, number, sink).Read(resource.empty() ? name.stem().string() : resource);
  } else {
    Document(file, number, sink).Read();
  }
}

std::expected<json::Json, json::SyntaxError> ParseRow(std::string_view text) {
  return json::Parse(text, {.depth = 64, .bytes = kMostRowBytes});
}

}  // namespace ashlar::app
