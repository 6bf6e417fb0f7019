// SPDX-License-Identifier: Apache-2.0
#include "base/utf8_words.h"

#include <utf8proc.h>

#include <memory>

#include "base/utf8.h"

namespace ashlar {
namespace {

struct Free {
  void operator()(utf8proc_uint8_t* text) const { std::free(text); }  // NOLINT: what utf8proc gives is malloc's
};

bool IsDiacritic(char32_t point) { return point >= 0x300 && point <= 0x36F; }

bool StandsAlone(char32_t point) {
  return (point >= 0x3040 && point <= 0x30FF) || (point >= 0x3400 && point <= 0x9FFF) ||
         (point >= 0xF900 && point <= 0xFAFF) || (point >= 0x20000 && point <= 0x3FFFF);
}

bool IsConnector(char32_t point) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(point)) == UTF8PROC_CATEGORY_PC;
}

}  // namespace

std::vector<std::string> WordsOf(std::string_view text) {
  utf8proc_uint8_t* mapped = nullptr;
  constexpr auto kOptions =
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
  auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                           static_cast<utf8proc_ssize_t>(text.size()), &mapped, kOptions);
  std::unique_ptr<utf8proc_uint8_t, Free> owner(mapped);
  if (size <= 0) return {};
  std::string_view folded(reinterpret_cast<const char*>(mapped), static_cast<size_t>(size));
  std::vector<std::string> words;
  std::string word;
  auto finish = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  for (size_t i = 0; i < folded.size();) {
    char32_t point = CodePointAt(folded, i);
    std::string_view bytes = folded.substr(i, CodePointSize(folded, i));
    i += bytes.size();
    if (IsDiacritic(point)) continue;
    if (!IsWordCodePoint(point) || IsConnector(point)) {
      finish();
    } else if (StandsAlone(point)) {
      finish();
      words.emplace_back(bytes);
    } else {
      word += bytes;
    }
  }
  finish();
  return words;
}

std::string FoldWords(std::string_view text) {
  std::string folded;
  for (const std::string& word : WordsOf(text)) {
    if (!folded.empty()) folded += ' ';
    folded += word;
  }
  return folded;
}

}  // namespace ashlar
