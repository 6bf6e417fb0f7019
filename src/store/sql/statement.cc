// SPDX-License-Identifier: Apache-2.0
#include "store/sql/statement.h"

#include "store/sql/catalog.h"
#include "store/sql/expression.h"
#include "store/sql/measure.h"
#include "store/sql/search.h"
#include "types/decimal.h"
#include "types/list_form.h"

namespace ashlar::store::sql {
namespace {

constexpr std::string_view kRow = "t";
constexpr std::string_view kBetween = "b";
constexpr std::string_view kDefault = "DEFAULT";

class StatementRenderer {
 public:
  StatementRenderer(const model::Service& service, const Dialect& dialect)
      : service_(service), dialect_(dialect), expressions_(service, dialect, Mode::kQuery) {}

  Sql Render(const plan::Statement& statement) {
    std::visit([this](const auto& one) { Write(one); }, statement);
    return std::move(sql_);
  }

 private:
  void Write(const plan::Query& query) {
    const model::Resource& resource = service_.resource(query.resource);
    sql_.columns = query.cells();
    if (query.per_value > 0) {
      WritePerValue(resource, query);
      return;
    }
    WriteSelect(resource, query);
    WriteFrom(resource, query.words);
    WriteWhere(resource, query.where, query.deleted, &query);
    WriteOrder(resource, query.order, query.ranked ? rank_ : "");
    if (query.limit) Add(" LIMIT {}", Bound(*query.limit));
    if (query.offset > 0) Add(" OFFSET {}", Bound(query.offset));
  }

  // The key's parts are the first parameters, whatever else the form brings.
  void Write(const plan::Lookup& lookup) {
    const model::Resource& resource = service_.resource(lookup.resource);
    std::string key;
    for (size_t i = 0; i < lookup.key.size(); ++i) {
      key += fmt::format("{}{} = {}", i == 0 ? "" : " AND ", ColumnOf(resource, resource.key[i], kRow),
                         Bound(lookup.key[i]));
    }
    sql_.columns = lookup.form->cells();
    WriteSelect(resource, *lookup.form);
    WriteFrom(resource);
    Condition(key);
    WriteWhere(resource, lookup.form->where, lookup.form->deleted, nullptr);
    if (lookup.form->limit) Add(" LIMIT {}", Bound(*lookup.form->limit));
  }

  void WriteSelect(const model::Resource& resource, const plan::Query& query) {
    Add("SELECT ");
    const char* comma = "";
    for (model::FieldId field : query.fields) {
      Add("{}{}", comma, Column(resource, field));
      comma = ", ";
    }
    for (const cel::ExprPtr& flag : query.flags) {
      Add("{}COALESCE({}, FALSE)", comma, expressions_.Render(*flag, kRow, sql_.parameters));
      comma = ", ";
    }
  }

  void WriteFrom(const model::Resource& resource, const std::vector<std::string>& words = {}) {
    joiner_ = " WHERE ";
    if (words.empty()) return Add(" FROM {} AS {}", Quote(resource.table), Quote(kRow));
    Search search = SearchFor(dialect_, resource, kRow, Bound(MatchOf(dialect_, words)));
    Add("{}", search.from);
    Condition(search.condition);
    rank_ = std::move(search.order);
  }

  // At most so many rows for each value of `among`, by key.
  void WritePerValue(const model::Resource& resource, const plan::Query& query) {
    std::string columns;
    for (size_t i = 0; i < sql_.columns; ++i) columns += fmt::format("{}\"c{}\"", i == 0 ? "" : ", ", i);
    Add("SELECT {} FROM (", columns);
    Add("SELECT ");
    size_t column = 0;
    for (model::FieldId field : query.fields) Add("{} AS \"c{}\", ", Column(resource, field), column++);
    for (const cel::ExprPtr& flag : query.flags) {
      Add("COALESCE({}, FALSE) AS \"c{}\", ", expressions_.Render(*flag, kRow, sql_.parameters), column++);
    }
    std::string value = AmongColumn(query);
    if (query.between) Add("{} AS \"c{}\", ", value, column);
    Add("row_number() OVER (PARTITION BY {}", value);
    WriteOrder(resource, query.order);
    Add(") AS \"n\"");
    query.between ? WriteFromBetween(resource, query) : WriteFrom(resource);
    WriteWhere(resource, query.where, query.deleted, &query);
    Add(") AS \"p\" WHERE \"n\" <= {}", Bound(query.per_value));
    if (query.limit) Add(" LIMIT {}", Bound(*query.limit));
  }

  std::string AmongColumn(const plan::Query& query) const {
    return ColumnOf(service_.resource(query.between ? query.between->resource : query.resource), query.among,
                    query.between ? kBetween : kRow);
  }

  // FROM the rows in between, each pair of keys once, and the rows that they lead to.
  void WriteFromBetween(const model::Resource& resource, const plan::Query& query) {
    const model::Resource& between = service_.resource(query.between->resource);
    std::string far = ColumnOf(between, query.between->far, kBetween);
    Add(" FROM (SELECT DISTINCT {}, {} FROM {} AS {}", AmongColumn(query), far, Quote(between.table), Quote(kBetween));
    joiner_ = " WHERE ";
    WriteAmong(query);
    if (between.soft_delete) Condition(LiveRows(between, kBetween));
    const cel::ExprPtr& where = query.between->where;
    if (where != nullptr && !cel::IsTrue(where)) Condition(expressions_.Render(*where, kBetween, sql_.parameters));
    Add(") AS {} JOIN {} AS {} ON {} = {}", Quote(kBetween), Quote(resource.table), Quote(kRow),
        ColumnOf(resource, resource.key[0], kRow), far);
    joiner_ = " WHERE ";
  }

  void WriteWhere(const model::Resource& resource, const cel::ExprPtr& where, call::Deleted deleted,
                  const plan::Query* query) {
    if (resource.soft_delete && deleted != call::Deleted::kWith) {
      std::string live = LiveRows(resource, kRow);
      Condition(deleted == call::Deleted::kWithout ? live : fmt::format("NOT ({})", live));
    }
    if (where != nullptr && !cel::IsTrue(where)) Condition(expressions_.Render(*where, kRow, sql_.parameters));
    if (query == nullptr) return;
    if (query->among.valid() && !query->between) WriteAmong(*query);
    if (query->after) WriteAfter(resource, *query);
  }

  void Condition(std::string_view text) {
    Add("{}({})", joiner_, text);
    joiner_ = " AND ";
  }

  void WriteAmong(const plan::Query& query) {
    types::Values values = AmongParameters(query);
    if (query.among_values.size() > kMostListed) return WriteAmongMany(query, std::move(values[0]));
    std::string marks;
    for (types::Value& value : values) marks += (marks.empty() ? "" : ", ") + Bound(std::move(value));
    Condition(fmt::format("{} IN ({})", AmongColumn(query), marks));
  }

  void WriteAmongMany(const plan::Query& query, types::Value listed) {
    const model::Resource& of = service_.resource(query.between ? query.between->resource : query.resource);
    const cel::Type type = cel::TypeOf(*of.field(query.among).type, false);
    std::string elements = dialect_.Elements(Bound(std::move(listed)), "\"e\"");
    Condition(fmt::format("{} IN (SELECT {} FROM {})", AmongColumn(query), dialect_.Element(type, "\"e\""), elements));
  }

  // Rows behind the given one: (a > x) OR (a = x AND b > y) ...; the first column also bounds the index by itself.
  void WriteAfter(const model::Resource& resource, const plan::Query& query) {
    std::string any;
    std::string equal;
    for (size_t i = 0; i < query.order.size(); ++i) {
      const plan::Order& term = query.order[i];
      const types::Value& value = (*query.after)[i];
      std::string column = Column(resource, term.field);
      std::string mark = value.is_null() ? "NULL" : Bound(value);
      bool required = resource.field(term.field).required;
      std::string beyond = Beyond(column, term.descending, value.is_null(), mark, required);
      if (i == 0 && query.order.size() > 1 && !value.is_null() && (!term.descending || required)) {
        Condition(fmt::format("{} {} {}", column, term.descending ? "<=" : ">=", mark));
      }
      if (!beyond.empty()) any += fmt::format("{}({}{})", any.empty() ? "" : " OR ", equal, beyond);
      equal += fmt::format("{} AND ", dialect_.Same(column, mark));
    }
    Condition(any.empty() ? "FALSE" : any);
  }

  // Null sorts first ascending, last descending. Empty: no row can be beyond.
  static std::string Beyond(const std::string& column, bool descending, bool null, const std::string& mark,
                            bool required) {
    if (null) return descending ? "" : column + " IS NOT NULL";
    if (!descending) return fmt::format("{} > {}", column, mark);
    return required ? fmt::format("{} < {}", column, mark) : fmt::format("({0} < {1} OR {0} IS NULL)", column, mark);
  }

  void WriteOrder(const model::Resource& resource, const std::vector<plan::Order>& order, std::string_view first = "") {
    const char* comma = " ORDER BY ";
    if (!first.empty()) {
      Add("{}{}", comma, first);
      comma = ", ";
    }
    for (const plan::Order& term : order) {
      const bool required = resource.field(term.field).required;
      Add("{}{}{}", comma, Column(resource, term.field), dialect_.Direction(term.descending, !required));
      comma = ", ";
    }
  }

  void Write(const plan::Count& count) {
    const model::Resource& resource = service_.resource(count.resource);
    sql_.columns = 1;
    sql_.text += count.limit > 0 ? "SELECT count(*) FROM (SELECT 1" : "SELECT count(*)";
    WriteFrom(resource, count.words);
    WriteWhere(resource, count.where, count.deleted, nullptr);
    if (count.limit > 0) Add(" LIMIT {}) AS \"n\"", Bound(count.limit));
  }

  void Write(const plan::Aggregate& aggregate) {
    const model::Resource& resource = service_.resource(aggregate.resource);
    sql_.columns = aggregate.counts ? 1 : aggregate.keys.size() + aggregate.measures.size();
    sql_.measures = true;
    const bool chosen = !aggregate.having.empty();  // HAVING knows no names of cells everywhere
    Add("{}{}", aggregate.counts ? "SELECT count(*) FROM (" : "", chosen ? "SELECT * FROM (SELECT " : "SELECT ");
    const char* comma = "";
    size_t cell = 0;
    for (const plan::GroupKey& key : aggregate.keys) {
      std::string column = Column(resource, key.field);
      Add("{}{} AS {}", comma,
          KeySql(dialect_, resource.field(key.field), key.period, column, Zone(aggregate, key, resource)),
          CellName(cell++));
      comma = ", ";
    }
    for (const plan::Measured& measure : aggregate.measures) {
      const model::Field* field = measure.field.valid() ? &resource.field(measure.field) : nullptr;
      std::string column = field == nullptr ? "" : Column(resource, measure.field);
      Add("{}{} AS {}", comma, MeasureSql(dialect_, measure, field, column), CellName(cell++));
      comma = ", ";
    }
    WriteFrom(resource, aggregate.words);
    WriteWhere(resource, aggregate.where, aggregate.deleted, nullptr);
    for (size_t key = 0; key < aggregate.keys.size(); ++key) Add("{}{}", key == 0 ? " GROUP BY " : ", ", key + 1);
    if (chosen) Add(") AS \"g\"");
    joiner_ = " WHERE ";
    for (const plan::Having& having : aggregate.having) {
      const plan::Measured& measure = aggregate.measures[having.measure];
      std::vector<std::string> marks;
      for (const types::Value& value : having.values) {
        if (having.op != call::Operator::kIsNull) marks.push_back(BoundMeasure(value));  // which asks for no value
      }
      Condition(HavingSql(dialect_, measure, having.op, CellName(aggregate.keys.size() + having.measure), having.values,
                          marks));
    }
    if (aggregate.counts) return Add(") AS \"n\"");
    comma = " ORDER BY ";
    for (const plan::Aggregate::Term& term : aggregate.order) {
      bool measured = term.cell >= aggregate.keys.size();
      std::string sorted = CellName(term.cell);
      if (measured) sorted = OrderSql(dialect_, aggregate.measures[term.cell - aggregate.keys.size()], sorted);
      Add("{}{}{}", comma, sorted, dialect_.Direction(term.descending, true));
      comma = ", ";
    }
    if (aggregate.limit) Add(" LIMIT {}", Bound(*aggregate.limit));
    if (aggregate.offset > 0) Add(" OFFSET {}", Bound(aggregate.offset));
  }

  // One parameter, however many keys are periods of moments.
  std::string Zone(const plan::Aggregate& aggregate, const plan::GroupKey& key, const model::Resource& resource) {
    bool needed = key.period != types::Period::kNone && resource.field(key.field).type->kind() != types::Kind::kDate;
    if (needed && zone_.empty()) zone_ = Bound(aggregate.zone);
    return zone_;
  }

  std::string BoundMeasure(const types::Value& value) {
    const auto* decimal = value.get<types::Decimal>();
    bool wide = decimal != nullptr && (decimal->unscaled > INT64_MAX || decimal->unscaled < INT64_MIN);
    return Bound(wide ? types::Value{types::FormatDecimal({decimal->unscaled, 0})} : value);
  }

  void Write(const plan::Probe& probe) {
    const model::Resource& resource = service_.resource(probe.resource);
    sql_.columns = probe.expressions.size();
    std::string names;
    std::string marks;
    WriteRow(resource, probe.row, names, marks);
    Add("WITH {0}({1}) AS (SELECT {2}) SELECT ", Quote(kRow), names, marks);
    const char* comma = "";
    for (const cel::ExprPtr& expression : probe.expressions) {
      Add("{}{}", comma, expressions_.Render(*expression, kRow, sql_.parameters));
      comma = ", ";
    }
    Add(" FROM {}", Quote(kRow));
  }

  void Write(const plan::Insert& insert) {
    const model::Resource& resource = service_.resource(insert.resource);
    std::string names;
    std::string marks;
    // Every column: a null must not become a column's default, and one text serves every row.
    const bool counted = WriteRow(resource, insert.row, names, marks, true);
    Add("INSERT INTO {} ({}) VALUES ({})", Quote(resource.table), names, marks);
    if (counted) {
      Add(" RETURNING {}", Quote(resource.field(resource.key[0]).column));
      sql_.columns = 1;
    }
  }

  // The columns of a resource, and the values of a row for them. `stores`: what the store adds as well. Whether a key
  // that is null is asked for as the column's default.
  bool WriteRow(const model::Resource& resource, const types::Values& row, std::string& names, std::string& marks,
                bool stores = false) {
    const bool counts = stores && dialect_.counts_by_default() && resource.id_kind == model::IdKind::kInt;
    bool counted = false;
    const char* comma = "";
    for (size_t i = 0; i < resource.fields.size(); ++i) {
      if (resource.fields[i].computed) continue;
      const bool key = resource.key.size() == 1 && resource.key[0].index() == i;
      names += comma + Quote(resource.fields[i].column);
      marks += comma;
      const bool by_default = counts && key && row[i].is_null();
      std::string mark = by_default ? std::string(kDefault) : BoundFor(resource.fields[i], row[i]);
      const bool chosen = counts && key && !by_default;
      marks += chosen ? dialect_.CountedAs(Quote(resource.table), resource.fields[i].column, mark) : mark;
      if (stores) AddWords(resource, i, row[i], names, marks);
      counted = counted || by_default;
      comma = ", ";
    }
    return counted;
  }

  void AddWords(const model::Resource& resource, size_t i, const types::Value& value, std::string& names,
                std::string& marks) {
    const model::Field& field = resource.fields[i];
    if (!dialect_.words_within() || !field.search) return;
    names += ", " + WordsColumn(dialect_, field);
    marks += ", " + BoundWords(resource, value);
  }

  void Write(const plan::Update& update) {
    const model::Resource& resource = service_.resource(update.resource);
    Add("UPDATE {}", Quote(resource.table));
    const char* comma = " SET ";
    for (const auto& [field, value] : update.set) {
      Add("{}{} = {}", comma, Quote(resource.field(field).column), BoundFor(resource.field(field), value));
      comma = ", ";
      const bool searched = dialect_.words_within() && resource.field(field).search;
      if (searched) Add(", {} = {}", WordsColumn(dialect_, resource.field(field)), BoundWords(resource, value));
    }
    WriteKey(resource, update.key);
  }

  void Write(const plan::Delete& remove) {
    const model::Resource& resource = service_.resource(remove.resource);
    Add("DELETE FROM {}", Quote(resource.table));
    WriteKey(resource, remove.key);
  }

  void WriteKey(const model::Resource& resource, const types::Values& key) {
    const char* joiner = " WHERE ";
    for (size_t i = 0; i < key.size(); ++i) {
      Add("{}{} = {}", joiner, Quote(resource.field(resource.key[i]).column), Bound(key[i]));
      joiner = " AND ";
    }
  }

  std::string Column(const model::Resource& resource, model::FieldId field) {
    return expressions_.Column(resource, field, kRow, sql_.parameters);
  }

  template <class... Arguments>
  void Add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(sql_.text), format, std::forward<Arguments>(arguments)...);
  }
  // Parameters are numbered, so that the order in which parts are rendered does not matter.
  std::string Bound(types::Value value) {
    std::string mark = dialect_.Mark(sql_.parameters.size() + 1, value);
    sql_.parameters.push_back(std::move(value));
    return mark;
  }
  // Of a column, which null has no type without.
  std::string BoundFor(const model::Field& field, types::Value value) {
    sql_.parameters.push_back(std::move(value));
    return dialect_.MarkFor(sql_.parameters.size(), *field.type);
  }

  // Of a searched field's value.
  std::string BoundWords(const model::Resource& resource, const types::Value& value) {
    const auto* text = value.get<std::string>();
    return fmt::format("({})::tsvector", Bound(WordsWithin(resource, text == nullptr ? "" : *text)));
  }

  const model::Service& service_;
  const Dialect& dialect_;
  ExpressionRenderer expressions_;
  Sql sql_;
  const char* joiner_ = " WHERE ";
  std::string zone_;
  std::string rank_;  // of what is searched: the best first
};

}  // namespace

types::Values AmongParameters(const plan::Query& query) {
  constexpr size_t kStep = 8;
  if (query.among_values.size() > kMostListed) return {types::ToListForm(types::List{query.among_values})};
  types::Values values = query.among_values;
  values.resize((values.size() + kStep - 1) / kStep * kStep);
  return values;
}

bool Writes(const plan::Statement& statement) {
  return std::holds_alternative<plan::Insert>(statement) || std::holds_alternative<plan::Update>(statement) ||
         std::holds_alternative<plan::Delete>(statement);
}

Sql Render(const model::Service& service, const Dialect& dialect, const plan::Statement& statement) {
  return StatementRenderer(service, dialect).Render(statement);
}

}  // namespace ashlar::store::sql
