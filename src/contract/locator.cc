// SPDX-License-Identifier: Apache-2.0
#include "contract/locator.h"

#include "base/utf8.h"
#include "contract/mistakes.h"

namespace ashlar::contract {
namespace {

// How much of a source line is shown, in bytes before and behind the place.
constexpr size_t kShownBefore = 80;
constexpr size_t kShownBehind = 160;

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

}  // namespace

Locator::Locator(std::span<const Source> sources) : sources_(sources) {
  for (const Source& source : sources) starts_.push_back(LineStarts(source.text));
}

void Locator::Locate(Place place, Mistake& mistake) const {
  std::string_view text = sources_[place.source].text;
  const std::vector<size_t>& starts = starts_[place.source];
  mistake.file = Printable(sources_[place.source].path, SIZE_MAX);
  size_t offset = std::min<size_t>(place.offset, text.size());
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
  size_t marked = std::min(offset + std::max<size_t>(place.length, 1), to);
  mistake.length = std::max(1, CountColumns(text.substr(offset, std::max(marked, offset) - offset)));
}

}  // namespace ashlar::contract
