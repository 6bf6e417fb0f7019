// SPDX-License-Identifier: Apache-2.0
#include "contract/mistakes.h"

#include "base/utf8.h"

namespace ashlar::contract {
namespace {

// How much of a source line is shown, in bytes before and behind the place.
constexpr size_t kShownBefore = 80;
constexpr size_t kShownBehind = 160;

bool IsControl(char32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029; }

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Code points, where what is not UTF-8 counts byte by byte.
int CountColumns(std::string_view text) {
  int count = 0;
  for (size_t at = 0; at < text.size(); ++count) at += std::max<size_t>(1, CodePointSize(text, at));
  return count;
}

// Where each line of a text begins.
std::vector<size_t> LineStarts(std::string_view text) {
  std::vector<size_t> starts = {0};
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n' || (text[at] == '\r' && (at + 1 == text.size() || text[at + 1] != '\n'))) {
      starts.push_back(at + 1);
    }
  }
  return starts;
}

struct Lines {
  std::string_view text;
  std::vector<size_t> starts;

  void Locate(size_t offset, size_t length, Mistake& mistake) const {
    offset = std::min(offset, text.size());
    auto next = std::upper_bound(starts.begin(), starts.end(), offset);
    size_t begin = *(next - 1);
    size_t end = next == starts.end() ? text.size() : *next;
    while (end > begin && (text[end - 1] == '\n' || text[end - 1] == '\r')) --end;
    offset = std::min(offset, end);
    // A mark of the byte order is no column.
    if (begin == 0 && text.starts_with("\xef\xbb\xbf") && offset >= 3) begin = 3;
    mistake.line = static_cast<int>(next - starts.begin());
    mistake.column = CountColumns(text.substr(begin, offset - begin)) + 1;
    size_t from = offset - begin > kShownBefore + 40 ? offset - kShownBefore : begin;
    size_t to = end - offset > kShownBehind + 40 ? offset + kShownBehind : end;
    while (from > begin && IsContinuation(text[from])) --from;
    while (to < end && IsContinuation(text[to])) ++to;
    mistake.source_line = Printable(text.substr(from, to - from), SIZE_MAX);
    mistake.caret = CountColumns(text.substr(from, offset - from)) + 1;
    size_t marked = std::min(offset + std::max<size_t>(length, 1), to);
    mistake.length = std::max(1, CountColumns(text.substr(offset, std::max(marked, offset) - offset)));
  }
};

}  // namespace

std::span<const ProblemRow> Problems() {
  static constexpr ProblemRow rows[] = {
#define ASHLAR_PROBLEM(name, id, text) {id, text},
      ASHLAR_PROBLEMS(ASHLAR_PROBLEM)
#undef ASHLAR_PROBLEM
  };
  return rows;
}

std::string Printable(std::string_view text, size_t limit) {
  std::string out;
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) {
    if (count == limit) return out + "...";
    size_t size = CodePointSize(text, at);
    bool shown = size > 0 && (text[at] == '\t' || !IsControl(CodePointAt(text, at)));
    size = std::max<size_t>(size, 1);
    if (shown) {
      out += text.substr(at, size);
    } else {
      out += '?';
    }
    at += size;
  }
  return out;
}

void Mistakes::Push(Place place, Problem problem, std::string suggestion, std::string message) {
  if (found_.size() < kMostMistakes) {
    found_.insert({place, problem, std::move(message), Printable(suggestion, 80)});
  } else if (found_.size() == kMostMistakes) {
    Place last{UINT32_MAX, 0, 1};
    found_.insert({last, Problem::kTooManyMistakes, Text(Problem::kTooManyMistakes, kMostMistakes), ""});
  }
}

MistakeList Mistakes::Take() {
  std::vector<Lines> lines;
  for (const Source& source : sources_) lines.push_back({source.text, LineStarts(source.text)});
  MistakeList list;
  Place last;
  for (const Found& found : found_) {
    // What tells of all of them stands behind the last.
    Place place = found.place.source < sources_.size() ? found.place : last;
    last = place;
    Mistake mistake;
    mistake.file = Printable(sources_[place.source].path, SIZE_MAX);
    mistake.id = Problems()[static_cast<size_t>(found.problem)].id;
    mistake.message = found.message;
    mistake.suggestion = found.suggestion;
    lines[place.source].Locate(place.offset, place.length, mistake);
    list.push_back(std::move(mistake));
  }
  found_.clear();
  return list;
}

}  // namespace ashlar::contract
