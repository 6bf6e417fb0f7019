// SPDX-License-Identifier: Apache-2.0
#include "store/sql/measure.h"

#include "store/sql/catalog.h"

namespace ashlar::store::sql {
namespace {

using call::Function;
using call::Operator;
using types::Kind;

bool IsTally(const plan::Measured& measure) {
  return measure.function == Function::kSum || measure.function == Function::kAvg;
}
// Decimals that may be wider than SQLite's integers are texts there.
bool IsWide(const Dialect& dialect, const plan::Measured& measure) {
  return dialect.unscaled() && IsTally(measure) && measure.type->kind() == Kind::kDecimal;
}

std::string Comparison(const Dialect& dialect, const plan::Measured& measure, const std::string& value,
                       std::string_view sign, const std::string& mark) {
  if (IsWide(dialect, measure)) return fmt::format("{} {} 0", dialect.DecimalOrder(value, 0, mark, 0), sign);
  return fmt::format("{} {} {}", value, sign, mark);
}

// One comparison, however many values: SQLite takes no chain of a thousand.
std::string AnyOf(const Dialect& dialect, const plan::Measured& measure, const std::string& value,
                  const std::vector<std::string>& marks) {
  std::string any;
  for (const std::string& mark : marks) {
    any += fmt::format("{}{}", any.empty() ? "" : ", ", OrderSql(dialect, measure, mark));
  }
  return any.empty() ? "FALSE" : fmt::format("{} IN ({})", OrderSql(dialect, measure, value), any);
}

}  // namespace

std::string CellName(size_t cell) { return Quote(fmt::format("cell {}", cell)); }

std::string KeySql(const Dialect& dialect, const model::Field& field, types::Period period, std::string_view column,
                   std::string_view zone) {
  if (period == types::Period::kNone) return std::string(column);
  if (field.type->kind() == Kind::kDate) return dialect.FirstDay(column, period);
  return dialect.Period(column, period, zone);
}

std::string MeasureSql(const Dialect& dialect, const plan::Measured& measure, const model::Field* field,
                       std::string_view column) {
  switch (measure.function) {
    case Function::kCount: return "count(*)";
    case Function::kMin:
    case Function::kMax: return dialect.Extreme(measure.function == Function::kMax, column, *field->type);
    case Function::kSum:
    case Function::kAvg: break;
  }
  return dialect.Tally(measure.function == Function::kAvg, column, *field->type, *measure.type);
}

std::string HavingSql(const Dialect& dialect, const plan::Measured& measure, Operator op, const std::string& cell,
                      const types::Values& values, const std::vector<std::string>& marks) {
  std::string value = IsTally(measure) ? dialect.Fitting(cell) : cell;
  switch (op) {
    case Operator::kIsNull: return fmt::format("{} IS {}NULL", value, *values[0].get<bool>() ? "" : "NOT ");
    case Operator::kEq:
    case Operator::kIn: return AnyOf(dialect, measure, value, marks);
    case Operator::kNe:
    case Operator::kNin: return fmt::format("{} IS NULL OR NOT ({})", value, AnyOf(dialect, measure, value, marks));
    case Operator::kGt: return Comparison(dialect, measure, value, ">", marks[0]);
    case Operator::kGte: return Comparison(dialect, measure, value, ">=", marks[0]);
    case Operator::kLt: return Comparison(dialect, measure, value, "<", marks[0]);
    case Operator::kLte: return Comparison(dialect, measure, value, "<=", marks[0]);
    case Operator::kContains:
    case Operator::kStartsWith:
    case Operator::kIeq:
    case Operator::kIcontains: break;
  }
  return "FALSE";
}

std::string OrderSql(const Dialect& dialect, const plan::Measured& measure, const std::string& cell) {
  return IsWide(dialect, measure) ? fmt::format("ashlar_wide_order({})", cell) : cell;
}

}  // namespace ashlar::store::sql
