// SPDX-License-Identifier: Apache-2.0
#include "cel/lexer.h"

#include "base/utf8.h"
#include "cel/foreign_words.h"

namespace ashlar::cel {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::expected<std::vector<Token>, Mistake> Run() {
    if (!IsValidUtf8(text_)) return std::unexpected(Mistake{0, 1, "the expression is not valid UTF-8", ""});
    while (true) {
      SkipBlanks();
      start_ = at_;
      if (at_ == text_.size()) break;
      if (!Next()) return std::unexpected(mistake_);
      tokens_.back().offset = static_cast<int>(start_);
      tokens_.back().length = static_cast<int>(at_ - start_);
    }
    tokens_.push_back({Token::Kind::kEnd, "", static_cast<int>(text_.size()), 1});
    return std::move(tokens_);
  }

 private:
  char Peek(size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void SkipBlanks() {
    while (at_ < text_.size()) {
      char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
        ++at_;
      } else if (c == '/' && Peek(1) == '/') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else {
        return;
      }
    }
  }

  bool Next() {
    char c = Peek();
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number();
    if (c == '"' || c == '\'') return String(false, false);
    if (IsLetter(c)) {
      size_t prefix = 0;
      bool raw = false;
      bool bytes = false;
      while (prefix < 2 && (Peek(prefix) == 'r' || Peek(prefix) == 'R' || Peek(prefix) == 'b' || Peek(prefix) == 'B')) {
        bool is_raw = Peek(prefix) == 'r' || Peek(prefix) == 'R';
        if (is_raw ? raw : bytes) break;
        (is_raw ? raw : bytes) = true;
        ++prefix;
      }
      if (prefix > 0 && (Peek(prefix) == '"' || Peek(prefix) == '\'')) {
        at_ += prefix;
        return String(raw, bytes);
      }
      while (IsLetter(Peek()) || IsDigit(Peek())) ++at_;
      return Push(Token::Kind::kName, std::string(text_.substr(start_, at_ - start_)));
    }
    for (std::string_view sign : {"==", "!=", "<=", ">=", "&&", "||"}) {
      if (text_.substr(at_).starts_with(sign)) {
        at_ += 2;
        return Push(Token::Kind::kSign, std::string(sign));
      }
    }
    for (std::string_view sign : {"<>", "=", "&", "|", "~"}) {
      if (!text_.substr(at_).starts_with(sign)) continue;
      at_ += sign.size();
      return Wrong(fmt::format("'{}' is not an operator", sign), OperatorFor(sign));
    }
    if (std::string_view("<>!+-*/%?:.,()[]{}").find(c) == std::string_view::npos) return Wrong("unexpected character");
    ++at_;
    return Push(Token::Kind::kSign, std::string(1, c));
  }

  bool Number() {
    if (Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X')) {
      at_ += 2;
      size_t digits = at_;
      while (HexValue(Peek()) >= 0) ++at_;
      if (at_ == digits) return Wrong("not a number");
      return NumberEnd(Token::Kind::kInt);
    }
    Token::Kind kind = Token::Kind::kInt;
    while (IsDigit(Peek())) ++at_;
    if (Peek() == '.' && IsDigit(Peek(1))) {
      kind = Token::Kind::kDouble;
      ++at_;
      while (IsDigit(Peek())) ++at_;
    }
    if (Peek() == 'e' || Peek() == 'E') {
      kind = Token::Kind::kDouble;
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      if (!IsDigit(Peek())) return Wrong("not a number");
      while (IsDigit(Peek())) ++at_;
    }
    return NumberEnd(kind);
  }

  bool NumberEnd(Token::Kind kind) {
    if (Peek() == 'u' || Peek() == 'U') return Wrong("unsigned integers are not supported");
    if (IsLetter(Peek())) return Wrong("not a number");
    return Push(kind, std::string(text_.substr(start_, at_ - start_)));
  }

  bool String(bool raw, bool bytes) {
    char quote = Peek();
    bool triple = Peek(1) == quote && Peek(2) == quote;
    std::string_view close = text_.substr(at_, triple ? 3 : 1);
    at_ += close.size();
    std::string value;
    while (!text_.substr(at_).starts_with(close)) {
      if (at_ == text_.size()) return Wrong("the string does not end");
      char c = text_[at_];
      if (!triple && (c == '\n' || c == '\r')) return Wrong("the string does not end in its line");
      if (c != '\\' || raw) {
        value += c;
        ++at_;
      } else if (!Escape(bytes, value)) {
        return false;
      }
    }
    at_ += close.size();
    if (!bytes && value.find('\0') != std::string::npos) return Wrong("a string holds no U+0000");
    return Push(bytes ? Token::Kind::kBytes : Token::Kind::kString, std::move(value));
  }

  bool Escape(bool bytes, std::string& value) {
    char c = Peek(1);
    at_ += 2;
    switch (c) {
      case 'a': value += '\a'; return true;
      case 'b': value += '\b'; return true;
      case 'f': value += '\f'; return true;
      case 'n': value += '\n'; return true;
      case 'r': value += '\r'; return true;
      case 't': value += '\t'; return true;
      case 'v': value += '\v'; return true;
      case '\\':
      case '?':
      case '"':
      case '\'':
      case '`': value += c; return true;
      case 'x':
      case 'X': return CodePoint(2, 16, bytes, value);
      case 'u': return !bytes && CodePoint(4, 16, bytes, value) ? true : Wrong("not an escape");
      case 'U': return !bytes && CodePoint(8, 16, bytes, value) ? true : Wrong("not an escape");
      default: break;
    }
    if (c < '0' || c > '3') return Wrong("not an escape");
    --at_;
    return CodePoint(3, 8, bytes, value);
  }

  bool CodePoint(int digits, int base, bool bytes, std::string& value) {
    uint32_t code = 0;
    for (int i = 0; i < digits; ++i, ++at_) {
      int digit = HexValue(Peek());
      if (digit < 0 || digit >= base) return Wrong("not an escape");
      code = code * static_cast<uint32_t>(base) + static_cast<uint32_t>(digit);
    }
    if (bytes) {
      value += static_cast<char>(code);
      return true;
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return Wrong("not a code point");
    AppendUtf8(code, value);
    return true;
  }

  bool Push(Token::Kind kind, std::string text) {
    tokens_.push_back({kind, std::move(text), 0, 1});
    return true;
  }
  bool Wrong(std::string message, std::string_view suggestion = "") {
    mistake_ = {static_cast<int>(start_), static_cast<int>(std::max<size_t>(1, at_ - start_)), std::move(message),
                std::string(suggestion)};
    return false;
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t start_ = 0;
  std::vector<Token> tokens_;
  Mistake mistake_;
};

}  // namespace

std::expected<std::vector<Token>, Mistake> Tokenize(std::string_view text) { return Lexer(text).Run(); }

}  // namespace ashlar::cel
