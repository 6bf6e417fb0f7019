// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>
#include <string>
#include <vector>

#include "cel/syntax.h"

namespace ashlar::cel {

// Gives names their meaning and every part its type. Goes on behind a mistake where it can; a null pointer stands for
// a part that has been complained of. One use.
class Checker {
 public:
  explicit Checker(const Scope& scope) : scope_(scope) {}

  // The whole expression, of the type that is expected. Null where there are mistakes.
  ExprPtr Run(const Ast& ast, const Type& expected);
  std::vector<Mistake>& mistakes() { return mistakes_; }

 private:
  struct Bound {
    std::string name;
    int slot;
    Type type;
  };

  ExprPtr Check(const Ast& ast, const Type* wanted = nullptr);
  // The expression as `wanted` takes it: literals become what they stand for. Null, complained of, where it does not
  // fit.
  ExprPtr Fit(ExprPtr expr, const Ast& ast, const Type& wanted);

  ExprPtr Literal(const Ast& ast, const Type* wanted);
  ExprPtr Name(const Ast& ast, const Type* wanted);
  ExprPtr ResolveName(const Ast& ast);
  ExprPtr NoSuchName(const Ast& ast);
  ExprPtr Member(const Ast& ast);
  ExprPtr MemberOf(ExprPtr base, const Ast& ast);
  ExprPtr AuthMember(ExprPtr base, const Ast& ast);
  ExprPtr Select(ExprPtr row, const Ast& ast);
  ExprPtr List(const Ast& ast, const Type* wanted);
  ExprPtr ListItem(const Ast& ast, ExprPtr item, const Type& element);
  ExprPtr Unary(const Ast& ast);
  ExprPtr Binary(const Ast& ast);
  ExprPtr Logic(const Ast& ast, Op op);
  ExprPtr Equality(const Ast& ast, Op op);
  ExprPtr NotComparable(const Ast& ast, const Expr& a, const Expr& b);
  ExprPtr Ordering(const Ast& ast, Op op);
  ExprPtr In(const Ast& ast);
  ExprPtr Arithmetic(const Ast& ast, Op op);
  ExprPtr TimeArithmetic(const Ast& ast, Op op, ExprPtr left, ExprPtr right);
  ExprPtr Conditional(const Ast& ast, const Type* wanted);
  ExprPtr Function(const Ast& ast);
  ExprPtr Method(const Ast& ast);
  ExprPtr Macro(const Ast& ast, cel::Macro macro);
  ExprPtr FilteredMap(const Ast& ast);
  ExprPtr Size(ExprPtr of, const Ast& ast);
  ExprPtr Sum(ExprPtr of, const Ast& ast);
  ExprPtr Has(const Ast& ast);
  ExprPtr Moment(const Ast& ast);
  ExprPtr HasRoleOrScope(const Ast& ast, Op op);

  // Checks both sides, the one that tells the type first.
  bool Pair(const Ast& left, const Ast& right, ExprPtr& a, ExprPtr& b);
  bool Resolves(const std::string& name) const;
  bool Tells(const Ast& ast) const;
  bool Count(const Ast& ast, size_t arguments);
  ExprPtr Make(const Ast& ast, Op op, Type type, std::vector<ExprPtr> arguments);
  ExprPtr IsNull(const Ast& ast, bool is, const ExprPtr& value);
  // `compared`, of a and b, where what a caller has not got is not a row's null.
  ExprPtr BesideCaller(const Ast& ast, Op op, ExprPtr compared, const ExprPtr& a, const ExprPtr& b);
  ExprPtr Wrong(const Ast& ast, std::string message, std::string suggestion = "");

  const Scope& scope_;
  std::vector<Bound> bound_;
  std::vector<Mistake> mistakes_;
  int next_slot_ = 1;
  int inlined_ = 0;  // parts of the rules that are named
};

Type SimpleType(Type::Tag tag);
std::string WithArticle(const Type& type);  // "an int"
ExprPtr DecimalLiteral(const types::Decimal& decimal);
// An int as a decimal.
ExprPtr AsDecimal(const ExprPtr& expr);
bool IsNumber(const Type& type);
// Whether == may stand between them, literals aside.
bool Comparable(const Type& a, const Type& b);

}  // namespace ashlar::cel
