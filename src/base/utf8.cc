// SPDX-License-Identifier: Apache-2.0
#include "base/utf8.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace ashlar {
namespace {

using Word = uint64_t;
constexpr Word kOnes = 0x0101010101010101;

// Whether each byte of a word is plain; a word of fewer bytes is filled up with plain ones.
bool IsPlainWord(Word word) {
  constexpr Word kHighs = 0x8080808080808080;
  Word controls = word - kOnes * 0x20;
  Word quotes = (word ^ (kOnes * '"')) - kOnes;
  Word backslashes = (word ^ (kOnes * '\\')) - kOnes;
  Word deletes = (word ^ (kOnes * 0x7f)) - kOnes;
  return ((word | controls | quotes | backslashes | deletes) & kHighs) == 0;
}

// Sixteen bytes that are looked at together; both compilers know such types.
using Block = uint8_t __attribute__((vector_size(16)));

Block BlockAt(const char* bytes) {
  Block block;
  std::memcpy(&block, bytes, sizeof block);
  return block;
}

// Which bytes of a block are not plain.
Block OthersIn(Block block) {
  constexpr uint8_t kSpan = 0x7e - 0x20;
  return reinterpret_cast<Block>(block - 0x20 > kSpan) | reinterpret_cast<Block>(block == '"') |
         reinterpret_cast<Block>(block == '\\');
}

template <class Part>
Word WordAt(const char* bytes) {
  Part part = 0;
  std::memcpy(&part, bytes, sizeof part);
  return part;
}

uint8_t ByteAt(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

// How many bytes a code point with this first byte has, or 0.
size_t SizeByLead(uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// The second byte rules out what is overlong, a surrogate or beyond U+10FFFF.
bool SecondFits(uint8_t lead, uint8_t second) {
  switch (lead) {
    case 0xE0: return second >= 0xA0;
    case 0xED: return second <= 0x9F;
    case 0xF0: return second >= 0x90;
    case 0xF4: return second <= 0x8F;
    default: return true;
  }
}

}  // namespace

bool IsPlainAscii(std::string_view text) {
  const char* bytes = text.data();
  const size_t size = text.size();
  if (size >= sizeof(Block)) {
    Block others = OthersIn(BlockAt(bytes + size - sizeof(Block)));
    for (size_t at = 0; at + sizeof(Block) < size; at += sizeof(Block)) others |= OthersIn(BlockAt(bytes + at));
    std::array<Word, 2> halves;
    std::memcpy(halves.data(), &others, sizeof halves);
    return (halves[0] | halves[1]) == 0;
  }
  if (size >= sizeof(Word)) {
    return IsPlainWord(WordAt<Word>(bytes)) && IsPlainWord(WordAt<Word>(bytes + size - sizeof(Word)));
  }
  if (size >= 4) return IsPlainWord(WordAt<uint32_t>(bytes) << 32 | WordAt<uint32_t>(bytes + size - 4));
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

size_t CodePointSize(std::string_view text, size_t at) {
  uint8_t lead = ByteAt(text, at);
  size_t size = SizeByLead(lead);
  if (size <= 1) return size;
  if (size > text.size() - at) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((ByteAt(text, at + i) & 0xC0) != 0x80) return 0;
  }
  return SecondFits(lead, ByteAt(text, at + 1)) ? size : 0;
}

char32_t CodePointAt(std::string_view text, size_t at) {
  uint8_t lead = ByteAt(text, at);
  if (lead < 0x80) return lead;
  size_t size = SizeByLead(lead);
  char32_t code_point = lead & (0x7Fu >> size);
  for (size_t i = 1; i < size; ++i) code_point = code_point << 6 | (ByteAt(text, at + i) & 0x3Fu);
  return code_point;
}

void AppendUtf8(char32_t code_point, std::string& out) {
  auto tail = [&](int shift) { out += static_cast<char>(0x80 | (code_point >> shift & 0x3F)); };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | code_point >> 6);
    tail(0);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | code_point >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | code_point >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

bool IsValidUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    size_t size = CodePointSize(text, i);
    if (size == 0) return false;
    i += size;
  }
  return true;
}

size_t CountCodePoints(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
  return count;
}

std::string FoldCase(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    uint8_t lead = ByteAt(text, i);
    if (lead < 0x80) {
      folded += static_cast<char>(lead >= 'A' && lead <= 'Z' ? lead + 32 : lead);
      ++i;
      continue;
    }
    size_t size = CodePointSize(text, i);
    if (size == 0) {
      folded += text[i++];
      continue;
    }
    // The longest folding is of three code points.
    std::array<utf8proc_int32_t, 8> points{};
    int boundary = 0;
    auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(CodePointAt(text, i)), points.data(),
                                         points.size(), UTF8PROC_CASEFOLD, &boundary);
    for (auto j = 0uz; count > 0 && j < static_cast<size_t>(count); ++j) {
      AppendUtf8(static_cast<char32_t>(points[j]), folded);
    }
    i += size;
  }
  return folded;
}

bool IsWordCodePoint(char32_t code_point) {
  constexpr auto kWords = std::to_array<utf8proc_category_t>(
      {UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LL, UTF8PROC_CATEGORY_LT, UTF8PROC_CATEGORY_LM, UTF8PROC_CATEGORY_LO,
       UTF8PROC_CATEGORY_MN, UTF8PROC_CATEGORY_MC, UTF8PROC_CATEGORY_ME, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NL,
       UTF8PROC_CATEGORY_NO, UTF8PROC_CATEGORY_PC});
  auto category = utf8proc_category(static_cast<utf8proc_int32_t>(code_point));
  return std::ranges::find(kWords, category) != kWords.end();
}

}  // namespace ashlar
