// SPDX-License-Identifier: Apache-2.0
#include "base/json/locate.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/hex.h"
#include "base/utf8.h"

namespace ashlar::json {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHighSurrogate(char32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool IsLowSurrogate(char32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

// The four digits of a \u escape that start at `at`, or nothing.
std::optional<char32_t> HexUnit(std::string_view text, size_t at) {
  if (at > text.size() || text.size() - at < 4) return std::nullopt;
  char32_t unit = 0;
  for (size_t i = at; i < at + 4; ++i) {
    int digit = HexDigit(text[i]);
    if (digit < 0) return std::nullopt;
    unit = unit << 4 | static_cast<char32_t>(digit);
  }
  return unit;
}

class Locator {
 public:
  Locator(std::string_view text, const Limits& limits) : text_(text), limits_(limits) {}

  std::optional<SyntaxError> Run() {
    if (text_.size() > limits_.bytes) {
      return SyntaxError{1, 1, fmt::format("the document is larger than {} bytes", limits_.bytes)};
    }
    while (BeforeValue() && AfterValue()) continue;
    return error_;
  }

 private:
  // An object or array that is open; `names` are those it has so far.
  struct Level {
    bool object = false;
    std::set<std::string, std::less<>> names;
  };

  // Reads a scalar, or opens a container. True: go on behind a finished value.
  bool BeforeValue() {
    while (true) {
      SkipSpace();
      if (AtEnd()) return Fail("the document ends where a value is expected");
      char c = text_[at_];
      if (c != '{' && c != '[') return Scalar(c);
      if (std::ssize(levels_) >= limits_.depth) {
        return Fail(fmt::format("nested more than {} levels deep", limits_.depth));
      }
      ++at_;
      levels_.push_back({c == '{', {}});
      SkipSpace();
      if (!AtEnd() && text_[at_] == (c == '{' ? '}' : ']')) {
        ++at_;
        levels_.pop_back();
        return true;
      }
      if (c == '{' && !Name()) return false;
    }
  }

  // Closes what ends here. True: another value follows. False: the end, or an error.
  bool AfterValue() {
    while (true) {
      SkipSpace();
      if (levels_.empty()) return AtEnd() ? false : Fail("there is something behind the document");
      bool object = levels_.back().object;
      const char* expected = object ? "expected ',' or '}'" : "expected ',' or ']'";
      if (AtEnd()) return Fail(fmt::format("the document ends early: {}", expected));
      char c = text_[at_];
      if (c == ',') {
        ++at_;
        SkipSpace();
        return object ? Name() : true;
      }
      if (c != (object ? '}' : ']')) return Fail(expected);
      ++at_;
      levels_.pop_back();
    }
  }

  bool Scalar(char c) {
    if (c == '"') {
      std::string ignored;
      return String(ignored);
    }
    size_t end = at_;
    while (end < text_.size() && !IsDelimiter(text_[end])) ++end;
    std::string_view token = text_.substr(at_, end - at_);
    if (token == "true" || token == "false" || token == "null" || IsNumber(token)) {
      at_ = end;
      return true;
    }
    if (c == '-' || IsDigit(c)) return Fail("not a number of JSON");
    return Fail("expected a value");
  }

  bool Name() {
    SkipSpace();
    if (AtEnd()) return Fail("the document ends where a name is expected");
    if (text_[at_] != '"') return Fail("expected a name in double quotes");
    size_t start = at_;
    std::string name;
    if (!String(name)) return false;
    if (!levels_.back().names.insert(name).second) {
      at_ = start;
      return Fail(fmt::format("the name '{}' stands twice in one object", name.substr(0, 64)));
    }
    SkipSpace();
    if (AtEnd() || text_[at_] != ':') return Fail("expected ':'");
    ++at_;
    return true;
  }

  bool String(std::string& out) {
    size_t start = at_++;
    while (true) {
      if (AtEnd()) {
        at_ = start;
        return Fail("this string does not end");
      }
      char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return Fail("a control character in a string must be escaped");
      if (c == '\\') {
        if (!Escape(out)) return false;
        continue;
      }
      size_t size = CodePointSize(text_, at_);
      if (size == 0) return Fail("not valid UTF-8");
      out.append(text_, at_, size);
      at_ += size;
    }
  }

  bool Escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    char letter = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (size_t which = kLetters.find(letter); which != std::string_view::npos) {
      out += kMeanings[which];
      at_ += 2;
      return true;
    }
    if (letter != 'u') return Fail("not an escape of JSON");
    std::optional<char32_t> unit = HexUnit(text_, at_ + 2);
    if (!unit) return Fail("\\u needs four hexadecimal digits");
    if (IsLowSurrogate(*unit)) return Fail("a lone surrogate");
    if (!IsHighSurrogate(*unit)) {
      AppendUtf8(*unit, out);
      at_ += 6;
      return true;
    }
    std::optional<char32_t> low;
    if (text_.substr(at_ + 6).starts_with("\\u")) low = HexUnit(text_, at_ + 8);
    if (!low || !IsLowSurrogate(*low)) return Fail("a lone surrogate");
    AppendUtf8(0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00), out);
    at_ += 12;
    return true;
  }

  static bool IsDelimiter(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ':' || c == '{' || c == '}' ||
           c == '[' || c == ']' || c == '"';
  }
  bool AtEnd() const { return at_ >= text_.size(); }
  void SkipSpace() {
    while (!AtEnd() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }

  bool Fail(std::string message) {
    std::string_view before = text_.substr(0, std::min(at_, text_.size()));
    size_t line_start = before.rfind('\n');
    line_start = line_start == std::string_view::npos ? 0 : line_start + 1;
    error_ = SyntaxError{1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
                         1 + static_cast<int>(before.size() - line_start), std::move(message)};
    return false;
  }

  std::string_view text_;
  const Limits& limits_;
  size_t at_ = 0;
  std::vector<Level> levels_;
  std::optional<SyntaxError> error_;
};

}  // namespace

std::optional<SyntaxError> Locate(std::string_view text, const Limits& limits) { return Locator(text, limits).Run(); }

bool IsNumber(std::string_view token) {
  size_t at = 0;
  auto digits = [&] {
    size_t start = at;
    while (at < token.size() && IsDigit(token[at])) ++at;
    return at > start;
  };
  if (at < token.size() && token[at] == '-') ++at;
  size_t start = at;
  if (!digits() || (token[start] == '0' && at > start + 1)) return false;
  if (at < token.size() && token[at] == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == token.size();
}

bool HasLoneSurrogate(std::string_view text) {
  for (size_t at = 0; at < text.size() && text[at] != '"';) {
    if (text[at] != '\\') {
      ++at;
      continue;
    }
    if (at + 1 >= text.size() || text[at + 1] != 'u') {
      at += 2;
      continue;
    }
    std::optional<char32_t> unit = HexUnit(text, at + 2);
    at += 6;
    if (!unit || (!IsHighSurrogate(*unit) && !IsLowSurrogate(*unit))) continue;
    std::optional<char32_t> low;
    if (at <= text.size() && text.substr(at).starts_with("\\u")) low = HexUnit(text, at + 2);
    if (IsLowSurrogate(*unit) || !low || !IsLowSurrogate(*low)) return true;
    at += 6;
  }
  return false;
}

}  // namespace ashlar::json
