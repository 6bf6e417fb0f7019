// SPDX-License-Identifier: Apache-2.0
// Relations and comprehensions: what looks at more than one row.
#include "store/sql/catalog.h"
#include "store/sql/expression.h"
#include "types/decimal.h"
#include "types/list_form.h"

namespace ashlar::store::sql {

using cel::Expr;
using cel::ExprPtr;
using cel::Macro;
using Tag = cel::Type::Tag;

constexpr size_t kMostMarks = 16;  // of the values of one IN

std::string ExpressionRenderer::AliasOf(const Expr& variable) const {
  const auto* slot = variable.get<cel::Variable>();
  auto alias = slot == nullptr ? aliases_.end() : aliases_.find(slot->slot);
  return alias == aliases_.end() ? "" : alias->second;
}

std::string ExpressionRenderer::NewAlias() { return fmt::format("r{}", ++next_alias_); }

std::string ExpressionRenderer::FieldSql(const cel::Field& field, const cel::Type& type, const cel::Type* held) {
  const model::Resource& resource = service_.resource(field.row->type.resource);
  const auto* relation = field.row->get<cel::Relation>();
  if (mode_ == Mode::kCheck && relation != nullptr) return Unsupported();
  std::string alias = relation == nullptr ? AliasOf(*field.row) : "";
  std::string from = relation == nullptr ? "" : PathFrom(*relation, alias);
  std::string column = ColumnSql(resource, field.field, alias);
  if (held != nullptr) column = dialect_.Held(std::move(column), type, *held, Dialect::NullMeans::kNull);
  return relation == nullptr ? column : fmt::format("(SELECT {} {})", column, from);
}

// What holds for the row of `alias` that `before` leads to.
std::string ExpressionRenderer::Step(const cel::Relation& relation, const std::string& before,
                                     const std::string& alias) {
  const model::Resource& owner = service_.resource(relation.row->type.resource);
  const model::Relation& said = owner.relation(relation.relation);
  const model::Resource& target = service_.resource(said.target);
  std::string key = ColumnOf(owner, said.local, before);
  std::string condition = said.through ? BetweenSql(relation, key, ColumnOf(target, said.remote, alias))
                                       : fmt::format("{} = {}", ColumnOf(target, said.remote, alias), key);
  std::string live = LiveRows(target, alias);
  if (!live.empty()) condition += " AND " + live;
  return condition + GateSql(relation.guard, alias);
}

std::string ExpressionRenderer::GateSql(const cel::Gate& gate, const std::string& alias) {
  if (gate.rule == nullptr) return "";
  aliases_[gate.slot] = alias;
  return " AND " + Sql(*gate.rule);
}

// That rows in between lead from `near` to `far`: each target once, however many there are.
std::string ExpressionRenderer::BetweenSql(const cel::Relation& relation, const std::string& near,
                                           const std::string& far) {
  const model::Through& through = *service_.resource(relation.row->type.resource).relation(relation.relation).through;
  const model::Resource& between = service_.resource(through.resource);
  std::string alias = NewAlias();
  std::string condition = fmt::format("{} = {}", ColumnOf(between, through.near, alias), near);
  std::string live = LiveRows(between, alias);
  if (!live.empty()) condition += " AND " + live;
  condition += GateSql(relation.between, alias);
  return fmt::format("{} IN (SELECT {} FROM {} AS {} WHERE {})", far, ColumnOf(between, through.far, alias),
                     Quote(between.table), Quote(alias), condition);
}

// FROM all the targets on the way WHERE each leads to the next; `alias` becomes the last one's.
std::string ExpressionRenderer::PathFrom(const cel::Relation& relation, std::string& alias) {
  std::vector<const cel::Relation*> steps = {&relation};
  while (const auto* before = steps.back()->row->get<cel::Relation>()) steps.push_back(before);
  std::string before = AliasOf(*steps.back()->row);
  std::string tables;
  std::string conditions;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    alias = NewAlias();
    const model::Resource& owner = service_.resource((*step)->row->type.resource);
    const model::Resource& target = service_.resource(owner.relation((*step)->relation).target);
    tables += fmt::format("{}{} AS {}", tables.empty() ? "" : ", ", Quote(target.table), Quote(alias));
    conditions += (conditions.empty() ? "" : " AND ") + Step(**step, before, alias);
    before = alias;
  }
  return fmt::format("FROM {} WHERE {}", tables, conditions);
}

std::string ExpressionRenderer::RowExists(const Expr& row) {
  const auto* relation = row.get<cel::Relation>();
  if (relation == nullptr) return "TRUE";
  if (mode_ == Mode::kCheck) return Unsupported();
  std::string alias;
  return fmt::format("EXISTS(SELECT 1 {})", PathFrom(*relation, alias));
}

ExpressionRenderer::Range ExpressionRenderer::RangeOf(const Expr& expr, int slot) {
  if (mode_ == Mode::kCheck) return {Unsupported(), "", ""};
  const auto* loop = expr.get<cel::Comprehension>();
  if (loop != nullptr && loop->macro == Macro::kFilter) return FilterRange(*loop, slot);
  if (const auto* relation = expr.get<cel::Relation>()) return RowsRange(*relation, slot);
  Range range = loop != nullptr ? MapRange(*loop) : ListRange(expr);
  values_[slot] = range.value;
  return range;
}

ExpressionRenderer::Range ExpressionRenderer::RowsRange(const cel::Relation& relation, int slot) {
  std::string alias;
  Range range;
  if (relation.row->get<cel::Relation>() == nullptr) {
    range.from = PathFrom(relation, alias);
    aliases_[slot] = alias;
    return range;
  }
  // One row without children stands for the owner that is missing.
  const model::Resource& owner = service_.resource(relation.row->type.resource);
  const model::Relation& said = owner.relation(relation.relation);
  const model::Resource& target = service_.resource(said.target);
  std::string base = NewAlias();
  alias = NewAlias();
  std::string key = FieldSql(cel::Field{relation.row, said.local}, {});
  std::string name = owner.field(said.local).column;
  range.from = fmt::format(
      "FROM (SELECT {0} AS {1}) AS {2} LEFT JOIN {3} AS {4} ON {5} WHERE ({2}.{1} IS NULL OR {6} IS NOT NULL)", key,
      Quote(name), Quote(base), Quote(target.table), Quote(alias), Step(relation, base, alias),
      ColumnOf(target, said.remote, alias));
  range.bad = fmt::format("{}.{} IS NULL", Quote(base), Quote(name));
  aliases_[slot] = alias;
  return range;
}

// A filter that may fail keeps the row at which it does, and says that it is bad.
ExpressionRenderer::Range ExpressionRenderer::FilterRange(const cel::Comprehension& loop, int slot) {
  Range range = RangeOf(*loop.range, loop.slot);
  std::string body = Sql(*loop.body);
  bool rows = range.value.empty();
  if (!Unsure(*loop.body) && range.bad.empty()) {
    range.from += fmt::format(" AND {}", body);
    if (rows) aliases_[slot] = aliases_[loop.slot];
    if (!rows) values_[slot] = range.value;
    return range;
  }
  if (!range.bad.empty()) body = fmt::format("CASE WHEN {} THEN NULL ELSE {} END", range.bad, body);
  std::string alias = Quote(NewAlias());
  std::string what = rows ? Quote(aliases_[loop.slot]) + ".*" : range.value + " AS \"value\"";
  // No column of a resource has a blank in its name.
  range.from = fmt::format("FROM (SELECT {0}, {1} AS \"kept {2}\" {3}) AS {4} WHERE {4}.\"kept {2}\" IS NOT FALSE",
                           what, body, next_alias_, range.from, alias);
  range.bad = fmt::format("{}.\"kept {}\" IS NULL", alias, next_alias_);
  if (rows) {
    aliases_[slot] = alias.substr(1, alias.size() - 2);
  } else {
    range.value = alias + ".\"value\"";
    values_[slot] = range.value;
  }
  return range;
}

ExpressionRenderer::Range ExpressionRenderer::MapRange(const cel::Comprehension& loop) {
  if (loop.macro != Macro::kMap) return {Unsupported(), "", ""};
  Range inner = RangeOf(*loop.range, loop.slot);
  bool unsure = Fallible(*loop.body) || !inner.bad.empty();
  std::string body = unsure ? Held(*loop.body) : Sql(*loop.body);
  if (!inner.bad.empty()) body = fmt::format("CASE WHEN {} THEN NULL ELSE {} END", inner.bad, body);
  Range range;
  std::string value = Quote(NewAlias()) + ".\"value\"";
  range.from = fmt::format("FROM (SELECT {} AS \"value\" {}) AS {} WHERE TRUE", body, inner.from,
                           value.substr(0, value.find('.')));
  range.value = unsure ? dialect_.Released(value, loop.body->type, Nullable(*loop.body)) : value;
  if (unsure) range.bad = value + " IS NULL";
  return range;
}

ExpressionRenderer::Range ExpressionRenderer::ListRange(const Expr& expr) {
  if (const auto* items = expr.get<cel::ListOf>()) return ItemsRange(expr, items->items);
  const auto* literal = expr.get<cel::Literal>();
  const types::List* list = literal == nullptr ? nullptr : literal->value.get<types::List>();
  Tag element = expr.type.element == nullptr ? Tag::kNull : expr.type.element->tag;
  // Those that JSON does not hold exactly, or not at all, are bound one by one.
  bool inexact = element == Tag::kDecimal || element == Tag::kDouble || element == Tag::kUuid || element == Tag::kBytes;
  if (list == nullptr || list->items.empty() || !inexact) return StoredRange(expr);
  std::vector<ExprPtr> items;
  for (const types::Value& item : list->items) items.push_back(cel::MakeLiteral(item, *expr.type.element));
  return ItemsRange(expr, items);
}

// FROM (... VALUES ...): each item is an expression of its own.
ExpressionRenderer::Range ExpressionRenderer::ItemsRange(const Expr& expr, const std::vector<ExprPtr>& items) {
  const cel::Type element = expr.type.element == nullptr ? cel::Type{} : *expr.type.element;
  bool fallible = Fallible(expr);
  bool nullable = false;
  std::string rows;
  for (const ExprPtr& item : items) {
    nullable = nullable || Nullable(*item);
    bool decimal = element.tag == Tag::kDecimal && item->type.tag == Tag::kDecimal;
    std::string value = decimal    ? DecimalSql(*item, element.scale, fallible)
                        : fallible ? Held(*item, element)
                                   : dialect_.As(Sql(*item), item->type, element);
    rows += fmt::format("{}({})", rows.empty() ? " UNION ALL VALUES " : ", ", value);
  }
  Range range;
  std::string alias = Quote(NewAlias());
  std::string value = alias + ".\"value\"";
  // The first part names the column: SQLite names that of VALUES after what stands in it.
  std::string none = fallible ? dialect_.HeldNull(element) : dialect_.Null(element);
  range.from = fmt::format("FROM (SELECT {} AS \"value\" WHERE FALSE{}) AS {} WHERE TRUE", none, rows, alias);
  range.value = fallible ? dialect_.Released(value, element, nullable) : value;
  if (fallible) range.bad = value + " IS NULL";
  return range;
}

// FROM the elements of a list in its list form.
ExpressionRenderer::Range ExpressionRenderer::StoredRange(const Expr& expr) {
  Range range;
  std::string alias = Quote(NewAlias());
  if (!Unsure(expr)) {
    range.from = fmt::format("FROM {} WHERE TRUE", dialect_.Elements(Sql(expr), alias));
  } else {
    // One row without elements stands for the list that is missing.
    std::string base = Quote(NewAlias());
    range.from = fmt::format(
        "FROM (SELECT {0} AS \"list\") AS {1} LEFT JOIN {2} ON TRUE "
        "WHERE ({1}.\"list\" IS NULL OR {3} IS NOT NULL)",
        Sql(expr), base, dialect_.Elements(base + ".\"list\"", alias), dialect_.IsElement(alias));
    range.bad = fmt::format("{}.\"list\" IS NULL", base);
  }
  range.value = dialect_.Element(expr.type.element == nullptr ? cel::Type{} : *expr.type.element, alias);
  return range;
}

std::string ExpressionRenderer::ComprehensionSql(const cel::Comprehension& loop) {
  if (loop.macro == Macro::kMap || loop.macro == Macro::kFilter) return Unsupported();  // stand inside others only
  Range range = RangeOf(*loop.range, loop.slot);
  std::string body = Sql(*loop.body);
  if (!Unsure(*loop.body) && range.bad.empty()) {
    if (loop.macro == Macro::kExists) return fmt::format("EXISTS(SELECT 1 {} AND {})", range.from, body);
    if (loop.macro == Macro::kAll) return fmt::format("(NOT EXISTS(SELECT 1 {} AND NOT {}))", range.from, body);
    return fmt::format("((SELECT count(*) {} AND {}) = 1)", range.from, body);
  }
  // What decides wins over an error of the body; an error of the range wins over all.
  std::string_view verdict =
      "count(*) FILTER (WHERE \"b\") > 0 THEN TRUE WHEN count(*) > count(\"b\") THEN NULL ELSE FALSE";
  if (loop.macro == Macro::kAll) {
    verdict = "count(*) FILTER (WHERE NOT \"b\") > 0 THEN FALSE WHEN count(*) > count(\"b\") THEN NULL ELSE TRUE";
  }
  if (loop.macro == Macro::kExistsOne) {
    verdict = "count(*) > count(\"b\") THEN NULL ELSE count(*) FILTER (WHERE \"b\") = 1";
  }
  if (range.bad.empty()) {
    return fmt::format("(SELECT CASE WHEN {} END FROM (SELECT {} AS \"b\" {}) AS \"v\")", verdict, body, range.from);
  }
  return fmt::format(
      "(SELECT CASE WHEN count(*) FILTER (WHERE \"bad\") > 0 THEN NULL WHEN {} END FROM (SELECT {} AS \"bad\", "
      "{} AS \"b\" {}) AS \"v\")",
      verdict, range.bad, body, range.from);
}

std::string ExpressionRenderer::SizeSql(const Expr& of) {
  if (of.type.tag == Tag::kString || of.type.tag == Tag::kBytes) return dialect_.Length(Sql(of), of.type);
  if (mode_ == Mode::kCheck) return Unsupported();  // SQLite's json functions may not stand in a schema
  if (of.type.tag == Tag::kList && cel::IsStoredList(of)) return dialect_.Size(Sql(of));
  Range range = RangeOf(of, --next_slot_);
  if (range.bad.empty()) return fmt::format("(SELECT count(*) {})", range.from);
  return fmt::format("(SELECT CASE WHEN count(*) FILTER (WHERE {}) > 0 THEN NULL ELSE count(*) END {})", range.bad,
                     range.from);
}

std::string ExpressionRenderer::SumSql(const Expr& expr, const Expr& list) {
  Range range = RangeOf(list, --next_slot_);
  std::string value = range.value;
  if (!range.bad.empty()) value = fmt::format("CASE WHEN {} THEN NULL ELSE {} END", range.bad, value);
  return fmt::format("(SELECT {} {})", dialect_.Sum(value, expr.type), range.from);
}

std::string ExpressionRenderer::InSql(const Expr& item, const Expr& list) {
  const auto* literal = list.get<cel::Literal>();
  const types::List* items = literal == nullptr ? nullptr : literal->value.get<types::List>();
  bool left = item.type.tag == Tag::kDecimal;
  bool right = list.type.element != nullptr && list.type.element->tag == Tag::kDecimal;
  bool narrow = left == right && (!left || Narrow(item, item.type.scale));
  bool empty = items != nullptr && items->items.empty();
  if (items != nullptr && (narrow || empty) && item.type.tag != Tag::kJson) return InLiterals(item, list.type, *items);
  return InRange(item, list);
}

std::string ExpressionRenderer::InLiterals(const Expr& item, const cel::Type& literal_type, const types::List& list) {
  const bool left = item.type.tag == Tag::kDecimal;
  types::List held;
  bool null = false;
  for (const types::Value& value : list.items) {
    null = null || value.is_null();
    if (value.is_null()) continue;
    if (item.type.tag == Tag::kDecimal) {
      cel::ExprPtr literal = cel::MakeLiteral(value, item.type);
      auto scaled = types::Rescale(*value.get<types::Decimal>(), item.type.scale);
      // What has more decimals than the column equals none of its values.
      bool fits = scaled && types::CompareDecimal(*scaled, *value.get<types::Decimal>()) == 0 &&
                  Narrow(*literal, item.type.scale);
      if (fits) held.items.emplace_back(*scaled);
    } else {
      held.items.push_back(value);
    }
  }
  const cel::Type& element = left || literal_type.element == nullptr ? item.type : *literal_type.element;
  const cel::Type as = Common(item.type, element);
  const bool empty = held.items.empty();
  const bool column = item.get<cel::Field>() != nullptr || item.get<cel::Variable>() != nullptr;
  if (Fallible(item) && empty && !null) return fmt::format("CASE WHEN {} IS NOT NULL THEN FALSE END", Held(item));
  if (Fallible(item) || (Nullable(item) && !empty && !column)) {
    std::string sought = Held(item, as);
    return fmt::format("({} IN ({}))", sought, ValuesSql({element, as, held, true, null}));
  }
  if (empty) return null && Nullable(item) ? fmt::format("({} IS NULL)", Sql(item)) : "FALSE";
  std::string sought = dialect_.As(Sql(item), item.type, as);
  std::string values = ValuesSql({element, as, held});
  if (!Nullable(item)) return fmt::format("({} IN ({}))", sought, values);
  return null ? fmt::format("({0} IS NULL OR {0} IN ({1}))", sought, values)
              : fmt::format("({0} IN ({1}) AND {0} IS NOT NULL)", sought, values);
}

// SQLite takes the square of the number of numbered parameters to prepare them, and nothing interrupts it: many are one
// parameter.
std::string ExpressionRenderer::ValuesSql(const Listed& values) {
  auto compared = [&](std::string value, const cel::Type& own) {
    if (!values.held) return dialect_.As(std::move(value), own, values.as);
    return dialect_.Held(std::move(value), own, values.as, Dialect::NullMeans::kNever);
  };
  const auto& items = values.list.items;
  if (items.size() > kMostMarks && mode_ != Mode::kCheck) {
    cel::Type element = values.type;
    if (std::ranges::any_of(items, [](const types::Value& value) { return value.get<double>(); })) {
      element.tag = Tag::kDouble;
    }
    std::string alias = Quote(NewAlias());
    std::string from = dialect_.Elements(Bind(values.list), alias);
    std::string more = values.null ? fmt::format(" UNION ALL SELECT {}", dialect_.HeldNull(values.as)) : "";
    return fmt::format("SELECT {} FROM {}{}", compared(dialect_.Element(element, alias), element), from, more);
  }
  std::string text;
  for (const types::Value& value : items) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", compared(LiteralSql(value, values.type), values.type));
  }
  if (values.null) text += fmt::format("{}{}", text.empty() ? "" : ", ", dialect_.HeldNull(values.as));
  return text;
}

// Any list: the item is computed once, then looked for.
std::string ExpressionRenderer::InRange(const Expr& item, const Expr& list) {
  if (mode_ == Mode::kCheck) return Unsupported();
  Range range = RangeOf(list, --next_slot_);
  const bool nulls =
      list.type.element == nullptr || list.type.element->tag == Tag::kNull;  // there is nothing else in it
  const cel::Type element = nulls ? item.type : *list.type.element;
  if (nulls) range.value = dialect_.Null(element);
  const bool json = item.type.tag == Tag::kJson;
  const bool decimals = item.type.tag == Tag::kDecimal || element.tag == Tag::kDecimal;
  const cel::Type as = json ? item.type : Common(item.type, element);
  std::string sought = Quote(NewAlias()) + ".\"item\"";
  const bool unscaled = decimals && dialect_.unscaled();
  std::string given = Held(item, unscaled ? item.type : as);
  std::string equal;
  if (json) {
    equal = dialect_.JsonEqual(sought, dialect_.Held(range.value, element, as, Dialect::NullMeans::kNull), element);
  } else if (unscaled) {
    std::string other = dialect_.Held(range.value, element, element, Dialect::NullMeans::kNull);
    equal = dialect_.DecimalsEqual(sought, item.type.scale, other, element.scale);
  } else {
    std::string plain = dialect_.Released(sought, item.type, Nullable(item));
    equal = dialect_.Same(dialect_.As(range.value, element, as), plain);
  }
  std::string in = fmt::format("EXISTS(SELECT 1 {} AND {})", range.from, equal);
  if (!range.bad.empty()) {
    in = fmt::format(
        "(SELECT CASE WHEN count(*) FILTER (WHERE {}) > 0 THEN NULL ELSE count(*) FILTER (WHERE {}) > 0 END {})",
        range.bad, equal, range.from);
  }
  return fmt::format("(SELECT CASE WHEN {} IS NOT NULL THEN {} END FROM (SELECT {} AS \"item\") AS {})", sought, in,
                     given, sought.substr(0, sought.find('.')));
}

}  // namespace ashlar::store::sql
