// SPDX-License-Identifier: Apache-2.0
// Relations and comprehensions: what looks at more than one row.
#include "store/sql/catalog.h"
#include "store/sql/expression.h"
#include "types/list_form.h"

namespace ashlar::store::sql {

using cel::Expr;
using cel::Macro;
using cel::Op;
using Tag = cel::Type::Tag;

std::string ExpressionRenderer::AliasOf(const Expr& variable) const {
  return aliases_.at(variable.get<cel::Variable>()->slot);
}

std::string ExpressionRenderer::FieldSql(const cel::Field& field) {
  const model::Resource& resource = service_.resource(field.row->type.resource);
  const auto* relation = field.row->get<cel::Relation>();
  if (relation == nullptr) {
    if (mode_ == Mode::kCheck) return Quote(resource.field(field.field).column);
    return ColumnOf(resource, field.field, AliasOf(*field.row));
  }
  if (mode_ == Mode::kCheck) return Unsupported();
  std::string alias = fmt::format("r{}", ++next_alias_);
  std::string from = ToOneFrom(*relation, alias);
  return fmt::format("(SELECT {} {})", ColumnOf(resource, field.field, alias), from);
}

std::string ExpressionRenderer::Guarded(const cel::Relation& relation, const std::string& alias) {
  if (relation.guard == nullptr) return "";
  aliases_[relation.slot] = alias;
  return fmt::format(" AND {}", Sql(*relation.guard));
}

// FROM target WHERE it is the one that the row names.
std::string ExpressionRenderer::ToOneFrom(const cel::Relation& relation, const std::string& alias) {
  const model::Resource& owner = service_.resource(relation.row->type.resource);
  const model::Relation& said = owner.relation(relation.relation);
  const model::Resource& target = service_.resource(said.target);
  std::string key = FieldSql(cel::Field{relation.row, said.local});
  std::string live = LiveRows(target, alias);
  std::string from = fmt::format("FROM {} AS {} WHERE {} = {}", Quote(target.table), Quote(alias),
                                 ColumnOf(target, said.remote, alias), key);
  if (!live.empty()) from += " AND " + live;
  return from + Guarded(relation, alias);
}

// FROM children WHERE they name the row.
std::string ExpressionRenderer::ToManyFrom(const cel::Relation& relation, const std::string& alias) {
  const model::Resource& owner = service_.resource(relation.row->type.resource);
  const model::Relation& said = owner.relation(relation.relation);
  const model::Resource& target = service_.resource(said.target);
  std::string key = FieldSql(cel::Field{relation.row, said.local});
  std::string live = LiveRows(target, alias);
  std::string from = fmt::format("FROM {} AS {} WHERE {} = {}", Quote(target.table), Quote(alias),
                                 ColumnOf(target, said.remote, alias), key);
  if (!live.empty()) from += " AND " + live;
  return from + Guarded(relation, alias);
}

std::string ExpressionRenderer::RowExists(const Expr& row) {
  const auto* relation = row.get<cel::Relation>();
  if (relation == nullptr) return "1";
  if (mode_ == Mode::kCheck) return Unsupported();
  std::string alias = fmt::format("r{}", ++next_alias_);
  return fmt::format("EXISTS(SELECT 1 {})", ToOneFrom(*relation, alias));
}

ExpressionRenderer::Range ExpressionRenderer::RangeOf(const Expr& expr, int slot) {
  if (mode_ == Mode::kCheck) return {Unsupported(), "", ""};
  if (const auto* loop = expr.get<cel::Comprehension>(); loop != nullptr && loop->macro == Macro::kFilter) {
    Range range = RangeOf(*loop->range, slot);
    // The filter's own variable is the same row or element.
    if (range.value.empty()) {
      aliases_[loop->slot] = aliases_[slot];
    } else {
      values_[loop->slot] = range.value;
    }
    std::string body = Sql(*loop->body);
    if (Fallible(*loop->body) || Nullable(*loop->body)) {
      std::string fails = fmt::format("EXISTS(SELECT 1 {} AND ({}) IS NULL)", range.from, body);
      range.fails = range.fails.empty() ? fails : fmt::format("({} OR {})", range.fails, fails);
    }
    range.from += fmt::format(" AND {}", body);
    return range;
  }
  const auto* relation = expr.get<cel::Relation>();
  if (relation == nullptr) return ListRange(expr, slot);
  std::string alias = fmt::format("r{}", ++next_alias_);
  Range range;
  range.from = expr.type.tag == Tag::kRows ? ToManyFrom(*relation, alias) : ToOneFrom(*relation, alias);
  if (relation->row->get<cel::Relation>() != nullptr) range.fails = fmt::format("(NOT {})", RowExists(*relation->row));
  aliases_[slot] = alias;
  return range;
}

ExpressionRenderer::Range ExpressionRenderer::ListRange(const Expr& expr, int slot) {
  Range range;
  std::string alias = fmt::format("r{}", ++next_alias_);
  range.value = fmt::format("{}.\"value\"", Quote(alias));
  bool uuid = expr.type.element != nullptr && expr.type.element->tag == Tag::kUuid;
  if (const auto* loop = expr.get<cel::Comprehension>(); loop != nullptr && loop->macro == Macro::kMap) {
    Range inner = RangeOf(*loop->range, loop->slot);
    if (!inner.value.empty()) values_[loop->slot] = inner.value;
    std::string body = Sql(*loop->body);
    range.from = fmt::format("FROM (SELECT {} AS \"value\" {}) AS {} WHERE 1", body, inner.from, Quote(alias));
    range.fails = inner.fails;
    if (Fallible(*loop->body)) {
      std::string fails = fmt::format("EXISTS(SELECT 1 {} AND NOT {})", inner.from, Ok(*loop->body));
      range.fails = range.fails.empty() ? fails : fmt::format("({} OR {})", range.fails, fails);
    }
  } else if (const auto* list = expr.get<cel::ListOf>()) {
    std::string rows;
    for (const cel::ExprPtr& item : list->items) {
      rows += fmt::format("{}({})", rows.empty() ? "SELECT column1 AS \"value\" FROM (VALUES " : ", ", Sql(*item));
      if (Fallible(*item)) {
        range.fails += fmt::format("{}NOT {}", range.fails.empty() ? "" : " OR ", Ok(*item));
      }
    }
    rows = rows.empty() ? "SELECT NULL AS \"value\" LIMIT 0" : rows + ")";
    if (!range.fails.empty()) range.fails = "(" + range.fails + ")";
    range.from = fmt::format("FROM ({}) AS {} WHERE 1", rows, Quote(alias));
  } else {
    std::string text = Sql(expr);
    range.from = fmt::format("FROM json_each({}) AS {} WHERE 1", text, Quote(alias));
    if (Fallible(expr) || Nullable(expr)) range.fails = fmt::format("(({}) IS NULL)", text);
    if (uuid) range.value = fmt::format("ashlar_uuid({})", range.value);
  }
  values_[slot] = range.value;
  return range;
}

std::string ExpressionRenderer::ComprehensionSql(const cel::Comprehension& loop) {
  if (loop.macro == Macro::kMap || loop.macro == Macro::kFilter) return Unsupported();  // stand inside others only
  Range range = RangeOf(*loop.range, loop.slot);
  std::string body = Sql(*loop.body);
  bool may_fail = Fallible(*loop.body) || Nullable(*loop.body);
  auto exists = [&](std::string_view condition) {
    return fmt::format("EXISTS(SELECT 1 {} AND {})", range.from, condition);
  };
  std::string null = exists(fmt::format("({}) IS NULL", body));
  std::string sql;
  switch (loop.macro) {
    case Macro::kExists:
      sql = exists(body);
      if (may_fail) sql = fmt::format("(CASE WHEN {} THEN 1 WHEN {} THEN NULL ELSE 0 END)", sql, null);
      break;
    case Macro::kAll:
      sql = exists(fmt::format("NOT ({})", body));
      sql = may_fail ? fmt::format("(CASE WHEN {} THEN 0 WHEN {} THEN NULL ELSE 1 END)", sql, null)
                     : fmt::format("(NOT {})", sql);
      break;
    case Macro::kExistsOne:
      sql = fmt::format("((SELECT count(*) {} AND {}) = 1)", range.from, body);
      if (may_fail) sql = fmt::format("(CASE WHEN {} THEN NULL ELSE {} END)", null, sql);
      break;
    case Macro::kMap:
    case Macro::kFilter: break;
  }
  return range.fails.empty() ? sql : fmt::format("(CASE WHEN {} THEN NULL ELSE {} END)", range.fails, sql);
}

std::string ExpressionRenderer::SizeSql(const Expr& of) {
  if (of.type.tag == Tag::kString || of.type.tag == Tag::kBytes) return fmt::format("length({})", Sql(of));
  bool stored = of.get<cel::Field>() != nullptr || of.get<cel::Literal>() != nullptr;
  if (stored && of.type.tag == Tag::kList) return fmt::format("json_array_length({})", Sql(of));
  int slot = -2 - next_alias_;  // of nobody: only counted
  Range range = RangeOf(of, slot);
  std::string count = fmt::format("(SELECT count(*) {})", range.from);
  return range.fails.empty() ? count : fmt::format("(CASE WHEN {} THEN NULL ELSE {} END)", range.fails, count);
}

std::string ExpressionRenderer::SumSql(const Expr& expr, const Expr& list) {
  int slot = -2 - next_alias_;
  Range range = RangeOf(list, slot);
  const char* function = expr.type.tag == Tag::kDecimal  ? "ashlar_sum_decimal"
                         : expr.type.tag == Tag::kDouble ? "ashlar_sum_double"
                                                         : "ashlar_sum_int";
  std::string sum = fmt::format("(SELECT {}({}) {})", function, range.value, range.from);
  return range.fails.empty() ? sum : fmt::format("(CASE WHEN {} THEN NULL ELSE {} END)", range.fails, sum);
}

// Membership by equality; elements are never null where they are stored.
std::string ExpressionRenderer::InSql(const Expr& item, const Expr& list) {
  const auto* literal = list.get<cel::Literal>();
  if (literal != nullptr && literal->value.is_null()) return "NULL";
  bool decimal =
      item.type.tag == Tag::kDecimal || (list.type.element != nullptr && list.type.element->tag == Tag::kDecimal);
  int scale = std::max(item.type.scale, list.type.element == nullptr ? 0 : list.type.element->scale);
  std::string left = decimal && Narrow(item, scale) ? DecimalSql(item, scale) : Sql(item);
  if (literal != nullptr && literal->value.get<types::List>() != nullptr) {
    std::string values;
    bool null = false;
    for (const types::Value& value : literal->value.get<types::List>()->items) {
      if (value.is_null()) {
        null = true;
        continue;
      }
      cel::ExprPtr one = cel::MakeLiteral(value, list.type.element == nullptr ? item.type : *list.type.element);
      if (decimal && !Narrow(*one, scale)) continue;  // no stored value can equal it
      values += (values.empty() ? "" : ", ") + (decimal ? DecimalSql(*one, scale) : LiteralSql(value));
    }
    std::string in = values.empty() ? "0" : fmt::format("({} IN ({}))", left, values);
    if (Nullable(item)) in = null ? fmt::format("({} OR ({}) IS NULL)", in, left) : fmt::format("COALESCE({}, 0)", in);
    return WhenOk(item, item, in);
  }
  int slot = -2 - next_alias_;
  Range range = RangeOf(list, slot);
  std::string equal =
      decimal ? fmt::format("ashlar_decimal_compare({}, {}, {}, {}) = 0", range.value,
                            list.type.element == nullptr ? 0 : list.type.element->scale, Sql(item), item.type.scale)
              : fmt::format("{} IS {}", range.value, left);
  std::string in = WhenOk(item, item, fmt::format("EXISTS(SELECT 1 {} AND {})", range.from, equal));
  return range.fails.empty() ? in : fmt::format("(CASE WHEN {} THEN NULL ELSE {} END)", range.fails, in);
}

}  // namespace ashlar::store::sql
