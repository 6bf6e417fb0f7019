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

std::string ExpressionRenderer::FieldSql(const cel::Field& field, std::string_view mark) {
  const model::Resource& resource = service_.resource(field.row->type.resource);
  const auto* relation = field.row->get<cel::Relation>();
  if (mode_ == Mode::kCheck && relation != nullptr) return Unsupported();
  std::string alias = relation == nullptr ? AliasOf(*field.row) : "";
  std::string from = relation == nullptr ? "" : PathFrom(*relation, alias);
  std::string column = ColumnSql(resource, field.field, alias);
  if (!mark.empty()) column = fmt::format("COALESCE({}, {})", column, mark);
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
    tables += fmt::format("{}{} AS {}", tables.empty() ? "" : " JOIN ", Quote(target.table), Quote(alias));
    conditions += (conditions.empty() ? "" : " AND ") + Step(**step, before, alias);
    before = alias;
  }
  return fmt::format("FROM {} WHERE {}", tables, conditions);
}

std::string ExpressionRenderer::RowExists(const Expr& row) {
  const auto* relation = row.get<cel::Relation>();
  if (relation == nullptr) return "1";
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
  std::string key = FieldSql(cel::Field{relation.row, said.local});
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
  range.from = fmt::format("FROM (SELECT {0}, {1} AS \"kept {2}\" {3}) AS {4} WHERE {4}.\"kept {2}\" IS NOT 0", what,
                           body, next_alias_, range.from, alias);
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
  std::string_view mark = MarkOf(loop.body->type);
  std::string body = unsure ? Marked(*loop.body, mark) : Sql(*loop.body);
  if (!inner.bad.empty()) body = fmt::format("CASE WHEN {} THEN NULL ELSE {} END", inner.bad, body);
  Range range;
  std::string value = Quote(NewAlias()) + ".\"value\"";
  range.from =
      fmt::format("FROM (SELECT {} AS \"value\" {}) AS {} WHERE 1", body, inner.from, value.substr(0, value.find('.')));
  range.value = unsure && Nullable(*loop.body) ? fmt::format("NULLIF({}, {})", value, mark) : value;
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
  std::string_view mark = fallible ? MarkOf(element) : "";
  bool nullable = false;
  std::string rows;
  for (const ExprPtr& item : items) {
    nullable = nullable || Nullable(*item);
    bool decimal = element.tag == Tag::kDecimal && item->type.tag == Tag::kDecimal;
    std::string value = decimal ? DecimalSql(*item, element.scale, mark) : fallible ? Marked(*item, mark) : Sql(*item);
    rows += fmt::format("{}({})", rows.empty() ? " UNION ALL VALUES " : ", ", value);
  }
  Range range;
  std::string alias = Quote(NewAlias());
  std::string value = alias + ".\"value\"";
  // The first part names the column: SQLite names that of VALUES after what stands in it.
  range.from = fmt::format("FROM (SELECT NULL AS \"value\" WHERE 0{}) AS {} WHERE 1", rows, alias);
  range.value = fallible && nullable ? fmt::format("NULLIF({}, {})", value, mark) : value;
  if (fallible) range.bad = value + " IS NULL";
  return range;
}

// FROM json_each(...) of a list in its list form.
ExpressionRenderer::Range ExpressionRenderer::StoredRange(const Expr& expr) {
  Range range;
  std::string alias = Quote(NewAlias());
  if (!Unsure(expr)) {
    range.from = fmt::format("FROM json_each({}) AS {} WHERE 1", Sql(expr), alias);
  } else {
    // One row without elements stands for the list that is missing.
    std::string base = Quote(NewAlias());
    range.from = fmt::format(
        "FROM (SELECT {0} AS \"list\") AS {1} LEFT JOIN json_each({1}.\"list\") AS {2} "
        "WHERE ({1}.\"list\" IS NULL OR {2}.\"key\" IS NOT NULL)",
        Sql(expr), base, alias);
    range.bad = fmt::format("{}.\"list\" IS NULL", base);
  }
  range.value = ElementSql(expr.type.element == nullptr ? Tag::kNull : expr.type.element->tag, alias);
  return range;
}

// An element of a list in its list form, as a column has it; `alias` is that of json_each.
std::string ExpressionRenderer::ElementSql(cel::Type::Tag element, const std::string& alias) {
  if (element == Tag::kUuid) return fmt::format("ashlar_uuid({}.\"value\")", alias);
  if (element == Tag::kBytes) return fmt::format("ashlar_bytes({}.\"value\")", alias);
  // SQLite does not read every double of a JSON text exactly.
  if (element == Tag::kDouble) return fmt::format("ashlar_real_at({0}.\"json\", {0}.\"key\")", alias);
  return fmt::format("{}.\"value\"", alias);
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
  std::string verdict = "max(\"b\") THEN 1 WHEN count(*) > count(\"b\") THEN NULL ELSE 0";
  if (loop.macro == Macro::kAll) verdict = "min(\"b\") = 0 THEN 0 WHEN count(*) > count(\"b\") THEN NULL ELSE 1";
  if (loop.macro == Macro::kExistsOne) verdict = "count(*) > count(\"b\") THEN NULL ELSE total(\"b\") = 1";
  if (range.bad.empty()) {
    return fmt::format("(SELECT CASE WHEN {} END FROM (SELECT {} AS \"b\" {}))", verdict, body, range.from);
  }
  return fmt::format(
      "(SELECT CASE WHEN max(\"bad\") THEN NULL WHEN {} END FROM (SELECT {} AS \"bad\", {} AS \"b\" {}))", verdict,
      range.bad, body, range.from);
}

std::string ExpressionRenderer::SizeSql(const Expr& of) {
  if (of.type.tag == Tag::kString || of.type.tag == Tag::kBytes) return fmt::format("length({})", Sql(of));
  if (mode_ == Mode::kCheck) return Unsupported();  // SQLite's json functions may not stand in a schema
  if (of.type.tag == Tag::kList && cel::IsStoredList(of)) return fmt::format("json_array_length({})", Sql(of));
  Range range = RangeOf(of, --next_slot_);
  if (range.bad.empty()) return fmt::format("(SELECT count(*) {})", range.from);
  return fmt::format("(SELECT CASE WHEN max({}) THEN NULL ELSE count(*) END {})", range.bad, range.from);
}

std::string ExpressionRenderer::SumSql(const Expr& expr, const Expr& list) {
  Range range = RangeOf(list, --next_slot_);
  const char* function = expr.type.tag == Tag::kDecimal  ? "ashlar_sum_decimal"
                         : expr.type.tag == Tag::kDouble ? "ashlar_sum_double"
                                                         : "ashlar_sum_int";
  std::string value = range.value;
  if (!range.bad.empty()) value = fmt::format("CASE WHEN {} THEN NULL ELSE {} END", range.bad, value);
  return fmt::format("(SELECT {}({}) {})", function, value, range.from);
}

std::string ExpressionRenderer::InSql(const Expr& item, const Expr& list) {
  const auto* literal = list.get<cel::Literal>();
  const types::List* items = literal == nullptr ? nullptr : literal->value.get<types::List>();
  bool left = item.type.tag == Tag::kDecimal;
  bool right = list.type.element != nullptr && list.type.element->tag == Tag::kDecimal;
  bool narrow = left == right && (!left || Narrow(item, item.type.scale));
  bool empty = items != nullptr && items->items.empty();
  if (items != nullptr && (narrow || empty) && item.type.tag != Tag::kJson) return InLiterals(item, *items);
  return InRange(item, list);
}

std::string ExpressionRenderer::InLiterals(const Expr& item, const types::List& list) {
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
  std::string_view mark = MarkOf(item.type);
  if (Fallible(item)) {
    if (held.items.empty() && !null) return fmt::format("CASE WHEN {} IS NOT NULL THEN 0 END", Marked(item, mark));
    return fmt::format("({} IN ({}))", Marked(item, mark), ValuesSql(item.type, held, null ? mark : ""));
  }
  bool empty = held.items.empty();
  if (!Nullable(item)) return empty ? "0" : fmt::format("({} IN ({}))", Sql(item), ValuesSql(item.type, held, ""));
  if (empty) return null ? fmt::format("({} IS NULL)", Sql(item)) : "0";
  if (item.get<cel::Field>() == nullptr && item.get<cel::Variable>() == nullptr) {
    return fmt::format("({} IN ({}))", Marked(item, mark), ValuesSql(item.type, held, null ? mark : ""));
  }
  std::string column = Sql(item);
  std::string values = ValuesSql(item.type, held, "");
  return null ? fmt::format("({0} IS NULL OR {0} IN ({1}))", column, values)
              : fmt::format("({0} IN ({1}) AND {0} IS NOT NULL)", column, values);
}

// What stands in the brackets of IN; `last` is one more, where it is not empty. SQLite takes the square of their number
// to prepare numbered parameters, and nothing interrupts it: many are one parameter.
std::string ExpressionRenderer::ValuesSql(const cel::Type& type, const types::List& list, std::string_view last) {
  if (list.items.size() > kMostMarks && mode_ != Mode::kCheck) {
    std::string alias = Quote(NewAlias());
    std::string from = fmt::format("json_each({}) AS {}", LiteralSql(list), alias);
    std::string more = last.empty() ? "" : fmt::format(" UNION ALL SELECT {}", last);
    bool reals = std::ranges::any_of(list.items, [](const types::Value& value) { return value.get<double>(); });
    return fmt::format("SELECT {} FROM {}{}", ElementSql(reals ? Tag::kDouble : type.tag, alias), from, more);
  }
  std::string values;
  for (const types::Value& value : list.items) values += (values.empty() ? "" : ", ") + LiteralSql(value);
  if (!last.empty()) values += fmt::format("{}{}", values.empty() ? "" : ", ", last);
  return values;
}

// Any list: the item is computed once, then looked for.
std::string ExpressionRenderer::InRange(const Expr& item, const Expr& list) {
  if (mode_ == Mode::kCheck) return Unsupported();
  Range range = RangeOf(list, --next_slot_);
  const cel::Type element = list.type.element == nullptr ? cel::Type{} : *list.type.element;
  std::string sought = Quote(NewAlias()) + ".\"item\"";
  std::string given = Marked(item, MarkOf(item.type));
  std::string equal;
  if (item.type.tag == Tag::kJson) {
    equal = fmt::format("ashlar_json_equal({}, '{}', COALESCE({}, x''))", sought, cel::ToText(element), range.value);
  } else if (item.type.tag == Tag::kDecimal || element.tag == Tag::kDecimal) {
    equal = fmt::format("ashlar_decimal_equal({}, {}, COALESCE({}, x''), {})", sought, item.type.scale, range.value,
                        element.scale);
  } else {
    std::string plain = Nullable(item) ? fmt::format("NULLIF({}, {})", sought, MarkOf(item.type)) : sought;
    equal = fmt::format("{} IS {}", range.value, plain);
  }
  std::string in = fmt::format("EXISTS(SELECT 1 {} AND {})", range.from, equal);
  if (!range.bad.empty()) {
    in = fmt::format("(SELECT CASE WHEN max({}) THEN NULL ELSE total({}) > 0 END {})", range.bad, equal, range.from);
  }
  return fmt::format("(SELECT CASE WHEN {} IS NOT NULL THEN {} END FROM (SELECT {} AS \"item\") AS {})", sought, in,
                     given, sought.substr(0, sought.find('.')));
}

}  // namespace ashlar::store::sql
