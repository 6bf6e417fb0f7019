// SPDX-License-Identifier: Apache-2.0
#include "cel/foreign_words.h"
#include "cel/lexer.h"
#include "cel/syntax.h"

namespace ashlar::cel {
namespace {

struct Precedence {
  std::string_view sign;
  int level;
};
// Left-associative binary operators, loosest first.
constexpr Precedence kBinary[] = {
    {"||", 1}, {"&&", 2}, {"==", 3}, {"!=", 3}, {"<", 3}, {"<=", 3}, {">", 3},
    {">=", 3}, {"in", 3}, {"+", 4},  {"-", 4},  {"*", 5}, {"/", 5},  {"%", 5},
};
constexpr std::string_view kReserved[] = {"as",        "break",  "const",  "continue", "else", "for",
                                          "function",  "if",     "import", "let",      "loop", "package",
                                          "namespace", "return", "var",    "void",     "while"};

class Parser {
 public:
  Parser(std::vector<Token> tokens, const Limits& limits) : tokens_(std::move(tokens)), limits_(limits) {}

  std::expected<Ast, Mistake> Run() {
    Ast ast;
    if (!Conditional(ast)) return std::unexpected(mistake_);
    if (Peek().kind != Token::Kind::kEnd) {
      Wrong(Peek(), "unexpected '" + Peek().text + "'");
      return std::unexpected(mistake_);
    }
    return ast;
  }

 private:
  // Counts one level of nesting for as long as it lives.
  struct Level {
    explicit Level(int& depth) : depth_(depth) { ++depth_; }
    ~Level() { --depth_; }
    int& depth_;
  };

  const Token& Peek() const { return tokens_[at_]; }
  bool IsSign(std::string_view sign) const { return Peek().kind == Token::Kind::kSign && Peek().text == sign; }
  bool Take(std::string_view sign) {
    if (!IsSign(sign)) return false;
    ++at_;
    return true;
  }
  bool Expect(std::string_view sign) { return Take(sign) || Wrong(Peek(), fmt::format("expected '{}'", sign)); }
  bool Wrong(const Token& token, std::string message, std::string_view suggestion = "") {
    if (token.kind == Token::Kind::kEnd && message.starts_with("unexpected")) message = "unexpected end";
    mistake_ = {token.offset, token.length, std::move(message), std::string(suggestion)};
    return false;
  }
  // Whether the next token is no word in the place of an operator. Behind an operand no name may stand, so that there
  // `and` is never one.
  bool NoForeignOperator() {
    std::string_view ours = Peek().kind == Token::Kind::kName ? OperatorFor(Peek().text) : "";
    if (Peek().text == "not" || Peek().text == "NOT") ours = "";
    return ours.empty() || Wrong(Peek(), fmt::format("'{}' is not an operator", Peek().text), ours);
  }
  Ast Make(Ast::Kind kind, const Token& token) {
    Ast ast;
    ast.kind = kind;
    ast.text = token.text;
    ast.offset = token.offset;
    ast.length = token.length;
    return ast;
  }
  bool Grow() {
    if (++nodes_ <= limits_.nodes) return true;
    return Wrong(Peek(), fmt::format("the expression has more than {} parts", limits_.nodes));
  }

  bool Conditional(Ast& ast) {
    Level level(depth_);
    if (depth_ > limits_.depth) return Wrong(Peek(), fmt::format("nested more than {} deep", limits_.depth));
    if (!Binary(ast, 1)) return false;
    if (!IsSign("?")) return true;
    Ast made = Make(Ast::Kind::kConditional, Peek());
    ++at_;
    made.children.resize(3);
    made.children[0] = std::move(ast);
    if (!Conditional(made.children[1]) || !Expect(":") || !Conditional(made.children[2])) return false;
    ast = std::move(made);
    return Grow();
  }

  int LevelOf(const Token& token) const {
    if (token.kind != Token::Kind::kSign && !(token.kind == Token::Kind::kName && token.text == "in")) return 0;
    for (const Precedence& row : kBinary) {
      if (row.sign == token.text) return row.level;
    }
    return 0;
  }

  bool Binary(Ast& left, int level) {
    if (level > 5) return Unary(left) && NoForeignOperator();
    if (!Binary(left, level + 1)) return false;
    while (LevelOf(Peek()) == level) {
      Ast made = Make(Ast::Kind::kBinary, Peek());
      ++at_;
      made.children.resize(2);
      made.children[0] = std::move(left);
      if (!Binary(made.children[1], level + 1) || !Grow()) return false;
      left = std::move(made);
      if (++chain_ > limits_.nodes) return false;
    }
    return true;
  }

  bool Unary(Ast& ast) {
    if (!IsSign("!") && !IsSign("-")) return Postfix(ast);
    Level level(depth_);
    if (depth_ > limits_.depth) return Wrong(Peek(), fmt::format("nested more than {} deep", limits_.depth));
    Ast made = Make(Ast::Kind::kUnary, Peek());
    ++at_;
    // The least int has no positive twin: the sign belongs to the literal.
    bool number = Peek().kind == Token::Kind::kInt || Peek().kind == Token::Kind::kDouble;
    if (made.text == "-" && number) {
      tokens_[at_].text = "-" + tokens_[at_].text;
      tokens_[at_].length += tokens_[at_].offset - made.offset;
      tokens_[at_].offset = made.offset;
      return Postfix(ast);
    }
    made.children.resize(1);
    if (!Unary(made.children[0])) return false;
    ast = std::move(made);
    return Grow();
  }

  bool Postfix(Ast& ast) {
    if (!Primary(ast)) return false;
    int links = 0;
    while (IsSign(".") || IsSign("[")) {
      if (++links > limits_.depth) return Wrong(Peek(), fmt::format("a path of more than {} steps", limits_.depth));
      bool index = IsSign("[");
      ++at_;
      Ast made;
      if (index) {
        made = Make(Ast::Kind::kIndex, Peek());
        made.children.resize(2);
        made.children[0] = std::move(ast);
        if (!Conditional(made.children[1]) || !Expect("]")) return false;
      } else {
        if (Peek().kind != Token::Kind::kName) return Wrong(Peek(), "expected a name");
        made = Make(Ast::Kind::kMember, Peek());
        ++at_;
        made.children.push_back(std::move(ast));
        if (Take("(")) {
          made.kind = Ast::Kind::kMethod;
          if (!Items(")", made.children)) return false;
        }
      }
      ast = std::move(made);
      if (!Grow()) return false;
    }
    if (IsSign("{")) return Wrong(Peek(), "messages are not supported");
    return true;
  }

  bool Items(std::string_view close, std::vector<Ast>& items) {
    if (Take(close)) return true;
    while (true) {
      items.emplace_back();
      Ast item;
      if (!Conditional(item)) return false;
      items.back() = std::move(item);
      if (Take(close)) return true;
      if (!Expect(",")) return false;
      if (close == "]" && Take(close)) return true;
    }
  }

  bool Primary(Ast& ast) {
    if (!Grow()) return false;
    const Token token = Peek();
    switch (token.kind) {
      case Token::Kind::kInt:
        ast = Make(Ast::Kind::kInt, token);
        ++at_;
        return true;
      case Token::Kind::kDouble:
        ast = Make(Ast::Kind::kDouble, token);
        ++at_;
        return true;
      case Token::Kind::kString:
        ast = Make(Ast::Kind::kString, token);
        ++at_;
        return true;
      case Token::Kind::kBytes:
        ast = Make(Ast::Kind::kBytes, token);
        ++at_;
        return true;
      case Token::Kind::kName: return Name(ast);
      case Token::Kind::kSign: break;
      case Token::Kind::kEnd: return Wrong(token, "unexpected end");
    }
    if (Take("(")) return Conditional(ast) && Expect(")");
    if (Take("[")) {
      ast = Make(Ast::Kind::kList, token);
      return Items("]", ast.children);
    }
    if (token.text == "{") return Wrong(token, "maps are not supported");
    return Wrong(token, "unexpected '" + token.text + "'");
  }

  bool Name(Ast& ast) {
    const Token token = Peek();
    ++at_;
    if (token.text == "true" || token.text == "false") {
      ast = Make(Ast::Kind::kBool, token);
      return true;
    }
    if (token.text == "null") {
      ast = Make(Ast::Kind::kNull, token);
      return true;
    }
    bool reserved = std::find(std::begin(kReserved), std::end(kReserved), token.text) != std::end(kReserved);
    if (token.text == "in" || reserved) {
      return Wrong(token, fmt::format("'{}' is a reserved word; a constant of that name stands in quotes", token.text));
    }
    bool negates = (token.text == "not" || token.text == "NOT") &&
                   (IsSign("(") || (Peek().kind == Token::Kind::kName && Peek().text != "in"));
    if (negates) return Wrong(token, fmt::format("'{}' is not an operator", token.text), OperatorFor(token.text));
    ast = Make(Ast::Kind::kName, token);
    if (!Take("(")) return true;
    ast.kind = Ast::Kind::kCall;
    return Items(")", ast.children);
  }

  std::vector<Token> tokens_;
  const Limits& limits_;
  size_t at_ = 0;
  int depth_ = 0;
  int nodes_ = 0;
  int chain_ = 0;
  Mistake mistake_;
};

}  // namespace

std::expected<Ast, Mistake> ParseSyntax(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes) {
    return std::unexpected(Mistake{0, 1, fmt::format("longer than {} bytes", limits.bytes), ""});
  }
  auto tokens = Tokenize(text);
  if (!tokens) return std::unexpected(std::move(tokens).error());
  return Parser(std::move(*tokens), limits).Run();
}

}  // namespace ashlar::cel
