// SPDX-License-Identifier: Apache-2.0
#include "store/sql/schema.h"

#include <set>

#include "base/json/writer.h"
#include "store/sql/catalog.h"
#include "store/sql/expression.h"
#include "types/decimal.h"
#include "types/list_form.h"

namespace ashlar::store::sql {
namespace {

using model::Field;
using model::Resource;

std::string_view AffinityOf(types::Kind kind) {
  switch (kind) {
    case types::Kind::kBool:
    case types::Kind::kInt64:
    case types::Kind::kDecimal:
    case types::Kind::kDate:
    case types::Kind::kTimestamp:
    case types::Kind::kDuration: return "INTEGER";
    case types::Kind::kFloat64: return "REAL";
    case types::Kind::kText:
    case types::Kind::kJson:
    case types::Kind::kList: return "TEXT";
    case types::Kind::kBytes:
    case types::Kind::kUuid: return "BLOB";
  }
  return "";
}

// What of a type decides how its values lie in the table: "decimal 2", "list text".
std::string StorageOf(const types::Type& type) {
  std::string text(types::NameOf(type.kind()));
  if (type.kind() == types::Kind::kDecimal) text += fmt::format(" {}", type.scale());
  if (type.element() != nullptr) text += " " + StorageOf(*type.element());
  return text;
}

bool NotNull(const Field& field) { return field.required || field.type->kind() == types::Kind::kList; }

std::string References(const model::Service& service, const Resource& resource, const Field& field) {
  if (!field.relation.valid()) return "";
  const Resource& target = service.resource(resource.relation(field.relation).target);
  return fmt::format(" REFERENCES {} ({})", Quote(target.table), Quote(target.field(target.key[0]).column));
}

std::string ColumnText(const model::Service& service, const Resource& resource, const Field& field) {
  std::string text = fmt::format("{} {}", Quote(field.column), AffinityOf(field.type->kind()));
  bool key = resource.key.size() == 1 && &resource.field(resource.key[0]) == &field;
  if (key && resource.id_kind == model::IdKind::kInt) return text + " PRIMARY KEY AUTOINCREMENT";
  if (NotNull(field)) text += " NOT NULL";
  if (key) text += " PRIMARY KEY";
  return text + References(service, resource, field);
}

std::string Columns(const Resource& resource, const std::vector<model::FieldId>& fields) {
  std::string text;
  for (model::FieldId field : fields) text += (text.empty() ? "" : ", ") + Quote(resource.field(field).column);
  return text;
}

std::string IndexName(const Resource& resource, const std::vector<model::FieldId>& fields, std::string_view kind) {
  std::string name = resource.table;
  for (model::FieldId field : fields) name += "_" + resource.field(field).column;
  return fmt::format("{}_{}", name, kind);
}

std::string CreateUnique(const Resource& resource, const std::vector<model::FieldId>& fields) {
  std::string live;
  if (resource.soft_delete) {
    live = fmt::format(" WHERE {} IS NULL", Quote(resource.field(resource.FindSystem(model::SystemField::kDeletedAt)).column));
  }
  return fmt::format("CREATE UNIQUE INDEX {} ON {} ({}){}", Quote(IndexName(resource, fields, "unique")),
                     Quote(resource.table), Columns(resource, fields), live);
}

std::string CreateIndex(const Resource& resource, const std::vector<model::FieldId>& fields) {
  return fmt::format("CREATE INDEX {} ON {} ({})", Quote(IndexName(resource, fields, "index")), Quote(resource.table),
                     Columns(resource, fields));
}

// The checks that built-in SQL can say; the others are the process's alone.
std::vector<std::string> ChecksOf(const model::Service& service, const Resource& resource) {
  std::vector<std::string> checks;
  for (const model::Check& check : resource.checks) {
    ExpressionRenderer renderer(service, Mode::kCheck);
    types::Values none;
    std::string text = renderer.Render(*check.rule, "", none);
    if (!renderer.failed()) checks.push_back(fmt::format("(({}) IS TRUE)", text));
  }
  return checks;
}

void CreateResource(const model::Service& service, const Resource& resource, std::vector<std::string>& statements) {
  std::string text = fmt::format("CREATE TABLE {} (", Quote(resource.table));
  const char* comma = "";
  for (const Field& field : resource.fields) {
    text += comma + ColumnText(service, resource, field);
    comma = ", ";
  }
  if (resource.key.size() > 1) text += fmt::format(", PRIMARY KEY ({})", Columns(resource, resource.key));
  for (const std::string& check : ChecksOf(service, resource)) text += ", CHECK " + check;
  statements.push_back(text + ") STRICT");
  for (const auto& unique : resource.uniques) statements.push_back(CreateUnique(resource, unique));
  for (const auto& index : resource.indexes) statements.push_back(CreateIndex(resource, index));
}

void DescribeLists(json::Writer& out, std::string_view name, const Resource& resource,
                   const std::vector<std::vector<model::FieldId>>& lists) {
  out.Key(name);
  out.BeginArray();
  std::set<std::string> texts;
  for (const auto& list : lists) texts.insert(Columns(resource, list));
  for (const std::string& text : texts) out.String(text);
  out.EndArray();
}

void DescribeResource(const model::Service& service, const Resource& resource, json::Writer& out) {
  out.BeginObject();
  out.Field("table", resource.table);
  out.Field("id", static_cast<int>(resource.id_kind));
  out.Field("softDelete", resource.soft_delete);
  out.Key("fields");
  out.BeginObject();
  for (const Field& field : resource.fields) {
    out.Key(field.name);
    out.BeginObject();
    out.Field("column", field.column);
    out.Field("storage", StorageOf(*field.type));
    out.Field("type", field.type->text());
    out.Field("required", NotNull(field));
    if (field.relation.valid()) {
      out.Field("references", service.resource(resource.relation(field.relation).target).name);
    }
    out.EndObject();
  }
  out.EndObject();
  DescribeLists(out, "unique", resource, resource.uniques);
  DescribeLists(out, "indexes", resource, resource.indexes);
  out.Key("checks");
  out.BeginArray();
  for (const std::string& check : ChecksOf(service, resource)) out.String(check);
  out.EndArray();
  out.EndObject();
}

// A literal default in a column's definition; nullopt where it is none.
std::optional<std::string> DefaultText(const Field& field) {
  if (field.default_value == nullptr) {
    return field.type->kind() == types::Kind::kList ? std::optional<std::string>("'[]'") : std::nullopt;
  }
  cel::ExprPtr folded = cel::FoldConstants(field.default_value);
  const auto* literal = folded->get<cel::Literal>();
  if (literal == nullptr || literal->value.is_null()) return std::nullopt;
  types::Value value = literal->value;
  if (const auto* decimal = value.get<types::Decimal>()) {
    auto scaled = types::Rescale(*decimal, field.type->scale());
    if (!scaled) return std::nullopt;
    return types::FormatDecimal({scaled->unscaled, 0});
  }
  if (const auto* list = value.get<types::List>()) value = types::ToListForm(*list);
  if (const auto* real = value.get<double>()) return fmt::format("{}", *real);
  if (const auto* integer = value.get<int64_t>()) return fmt::format("{}", *integer);
  if (const auto* boolean = value.get<bool>()) return std::string(*boolean ? "1" : "0");
  const auto* text = value.get<std::string>();
  if (text == nullptr || text->find('\0') != std::string::npos) return std::nullopt;
  std::string quoted = "'";
  for (char c : *text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string Describe(const model::Service& service) {
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  out.Field("service", service.name);
  out.Key("resources");
  out.BeginObject();
  for (const Resource& resource : service.resources) {
    out.Key(resource.name);
    DescribeResource(service, resource, out);
  }
  out.EndObject();
  out.EndObject();
  return text;
}

std::vector<std::string> CreateAll(const model::Service& service) {
  std::vector<std::string> statements;
  for (const Resource& resource : service.resources) CreateResource(service, resource, statements);
  return statements;
}

}  // namespace ashlar::store::sql
