// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "cel/cel.h"
#include "model/service.h"
#include "store/sql/dialect.h"

namespace ashlar::store::sql {

// kQuery may use the functions that a dialect brings; kCheck is for CHECK constraints: built-in SQL only, no
// parameters, no relations.
enum class Mode : uint8_t { kQuery, kCheck };

// Whether a value of the right kind that an expression made may still not be one of the type's.
bool MustConform(const types::Type& type);

// Writes folded expressions as SQL that answers as cel::Evaluate does (ARCHITECTURE.md, Equal answers). An error is
// NULL, which gives AND and OR the absorption of CEL. Where an expression may be null without that being an error, and
// the two must be told apart, it is rendered as held (see Dialect): NULL is an error alone then.
// Every part of an expression stands once in the SQL, so that its length is linear. Used for one statement, by one
// thread.
class ExpressionRenderer {
 public:
  ExpressionRenderer(const model::Service& service, const Dialect& dialect, Mode mode)
      : service_(service), dialect_(dialect), mode_(mode) {}

  // The expression about the row that `alias` names; parameters are numbered `?N` from parameters.size() + 1.
  std::string Render(const cel::Expr& expr, std::string_view alias, types::Values& parameters);
  // A field of the row that `alias` names, stored or computed. REQUIRES: kQuery.
  std::string Column(const model::Resource& resource, model::FieldId field, std::string_view alias,
                     types::Values& parameters);
  // Whether something had no SQL in this mode: what was rendered must not be used then.
  bool failed() const { return failed_; }

 private:
  // The rows or elements that a comprehension, a size or a sum goes over.
  struct Range {
    std::string from;   // "FROM ... WHERE ...": more conditions may follow
    std::string value;  // of an element: its SQL; empty for rows
    std::string bad;    // SQL over the row: true where it stands for an error of the range itself; empty: never
  };

  std::string Sql(const cel::Expr& expr);
  // As Sql, but held, as a value of that type.
  std::string Held(const cel::Expr& expr, const cel::Type& as);
  std::string Held(const cel::Expr& expr) { return Held(expr, expr.type); }
  std::string LiteralSql(const types::Value& value, const cel::Type& type);
  std::string Bind(types::Value value);
  std::string Unsupported();

  bool IsLeaf(const cel::Expr& expr) const;
  bool Nullable(const cel::Expr& expr) const;
  bool Fallible(const cel::Expr& expr) const;
  bool CallFallible(const cel::Call& call) const;
  bool Unsure(const cel::Expr& expr) const { return Nullable(expr) || Fallible(expr); }

  std::string CallSql(const cel::Expr& expr, const cel::Call& call);
  std::string ChainSql(const cel::Expr& expr, cel::Op op);
  // `held`: as a value of which type; null: not at all.
  std::string ConditionalSql(const cel::Expr& expr, const cel::Type* held);
  std::string EqualSql(const cel::Expr& a, const cel::Expr& b);
  static cel::Type Common(const cel::Type& a, const cel::Type& b);
  std::string RowIsNull(const cel::Expr& row);
  std::string IsNull(const cel::Expr& expr);
  std::string OrderSql(cel::Op op, const cel::Expr& a, const cel::Expr& b);
  std::string ArithmeticSql(const cel::Expr& expr, const cel::Call& call);
  std::string TextSql(const cel::Call& call);
  std::string StartsWithSql(const cel::Expr& text, const cel::Expr& part);
  std::string EndsWithSql(const cel::Expr& text, const cel::Expr& part);
  // A decimal or an int at a scale that is not smaller than its own.
  std::string DecimalSql(const cel::Expr& expr, int scale, bool held = false);
  bool Narrow(const cel::Expr& expr, int scale) const;
  std::string DecimalEqual(const cel::Expr& a, const cel::Expr& b);
  std::string JsonOrderSql(cel::Op op, const cel::Expr& a, const cel::Expr& b);

  std::string InSql(const cel::Expr& item, const cel::Expr& list);
  std::string InLiterals(const cel::Expr& item, const cel::Type& literal_type, const types::List& list);
  // What stands in the brackets of IN.
  struct Listed {
    const cel::Type& type;     // of the values
    const cel::Type& as;       // as which they are compared
    const types::List& list;
    bool held = false;
    bool null = false;  // one more, REQUIRES: held
  };
  std::string ValuesSql(const Listed& values);
  std::string InRange(const cel::Expr& item, const cel::Expr& list);

  std::string ColumnSql(const model::Resource& resource, model::FieldId field, std::string_view alias);
  std::string ComputedSql(const model::Resource& resource, model::FieldId field, std::string_view alias);
  std::string FieldSql(const cel::Field& field, const cel::Type& type, const cel::Type* held = nullptr);
  std::string RowExists(const cel::Expr& row);
  std::string AliasOf(const cel::Expr& variable) const;
  std::string NewAlias();
  std::string Step(const cel::Relation& relation, const std::string& before, const std::string& alias);
  std::string GateSql(const cel::Gate& gate, const std::string& alias);
  std::string BetweenSql(const cel::Relation& relation, const std::string& near, const std::string& far);
  std::string PathFrom(const cel::Relation& relation, std::string& alias);
  Range RangeOf(const cel::Expr& expr, int slot);
  Range RowsRange(const cel::Relation& relation, int slot);
  Range FilterRange(const cel::Comprehension& loop, int slot);
  Range ListRange(const cel::Expr& expr);
  Range MapRange(const cel::Comprehension& loop);
  Range ItemsRange(const cel::Expr& expr, const std::vector<cel::ExprPtr>& items);
  Range StoredRange(const cel::Expr& expr);
  std::string ComprehensionSql(const cel::Comprehension& loop);
  std::string SizeSql(const cel::Expr& of);
  std::string SumSql(const cel::Expr& expr, const cel::Expr& list);

  const model::Service& service_;
  const Dialect& dialect_;
  Mode mode_;
  types::Values* parameters_ = nullptr;
  std::map<int, std::string> aliases_;  // of row slots
  std::map<int, std::string> values_;   // of element slots
  int next_alias_ = 0;
  int next_slot_ = -1;  // of ranges that are only counted
  bool failed_ = false;
};

}  // namespace ashlar::store::sql
