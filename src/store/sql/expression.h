// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "cel/cel.h"
#include "model/service.h"

namespace ashlar::store::sql {

// kQuery may use the functions of store/sqlite/functions.h; kCheck is for CHECK constraints: built-in SQL only, no
// parameters, no relations.
enum class Mode : uint8_t { kQuery, kCheck };

// Writes folded expressions as SQL that answers as cel::Evaluate does (ARCHITECTURE.md, Equal answers). An error is
// NULL, which gives AND and OR the absorption of CEL; where an expression may be null as well, what tells the two
// apart is written beside it. Used for one statement, by one thread.
class ExpressionRenderer {
 public:
  ExpressionRenderer(const model::Service& service, Mode mode) : service_(service), mode_(mode) {}

  // The expression about the row that `alias` names; parameters are numbered `?N` from parameters.size() + 1.
  std::string Render(const cel::Expr& expr, std::string_view alias, types::Values& parameters);
  // Whether something had no SQL in this mode: what was rendered must not be used then.
  bool failed() const { return failed_; }

 private:
  // The rows or elements that a comprehension, a size or a sum goes over.
  struct Range {
    std::string from;   // "FROM ... WHERE ..."
    std::string value;  // of an element: its SQL; empty for rows
    std::string fails;  // SQL that is 1 where the range is an error; empty: it never is
  };

  std::string Sql(const cel::Expr& expr);
  std::string LiteralSql(const types::Value& value);
  std::string Bind(types::Value value);
  std::string Unsupported();

  bool Nullable(const cel::Expr& expr) const;
  bool Fallible(const cel::Expr& expr) const;
  // 1 where the expression has a value, null included; never NULL.
  std::string Ok(const cel::Expr& expr);
  std::string WhenOk(const cel::Expr& a, const cel::Expr& b, std::string sql);

  std::string ChainSql(const cel::Expr& expr, cel::Op op);
  std::string CallSql(const cel::Expr& expr, const cel::Call& call);
  std::string EqualSql(const cel::Expr& a, const cel::Expr& b);
  std::string OrderSql(cel::Op op, const cel::Expr& a, const cel::Expr& b);
  std::string InSql(const cel::Expr& item, const cel::Expr& list);
  std::string ArithmeticSql(const cel::Expr& expr, const cel::Call& call);
  std::string TextSql(const cel::Call& call);
  std::string ConditionalSql(const cel::Expr& expr, const cel::Call& call);
  std::string DecimalSql(const cel::Expr& expr, int scale);
  bool Narrow(const cel::Expr& expr, int scale) const;
  std::string JsonEqualSql(const cel::Expr& json, const cel::Expr& other);
  std::string JsonOrderSql(cel::Op op, const cel::Expr& a, const cel::Expr& b);

  std::string FieldSql(const cel::Field& field);
  std::string RowExists(const cel::Expr& row);
  std::string AliasOf(const cel::Expr& variable) const;
  std::string ToOneFrom(const cel::Relation& relation, const std::string& alias);
  std::string ToManyFrom(const cel::Relation& relation, const std::string& alias);
  std::string Guarded(const cel::Relation& relation, const std::string& alias);
  Range RangeOf(const cel::Expr& expr, int slot);
  Range ListRange(const cel::Expr& expr, int slot);
  std::string ComprehensionSql(const cel::Comprehension& loop);
  std::string SizeSql(const cel::Expr& of);
  std::string SumSql(const cel::Expr& expr, const cel::Expr& list);

  const model::Service& service_;
  Mode mode_;
  types::Values* parameters_ = nullptr;
  std::map<int, std::string> aliases_;  // of row slots
  std::map<int, std::string> values_;   // of element slots
  int next_alias_ = 0;
  bool failed_ = false;
};

}  // namespace ashlar::store::sql
