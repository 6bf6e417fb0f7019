// SPDX-License-Identifier: Apache-2.0
#include "store/sql/schema.h"

#include "store/sql/catalog.h"
#include "store/sql/expression.h"
#include "store/sql/search.h"

namespace ashlar::store::sql {
namespace {

using model::Field;
using model::Resource;

constexpr const char* kIdKinds[] = {"uuid", "int", "string", "composite"};  // by model::IdKind

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

std::string References(const model::Service& service, const Resource& resource, const Field& field) {
  if (!field.relation.valid()) return "";
  const Resource& target = service.resource(resource.relation(field.relation).target);
  return fmt::format(" REFERENCES {} ({}) DEFERRABLE INITIALLY DEFERRED", Quote(target.table),
                     Quote(target.field(target.key[0]).column));
}

std::string IndexName(std::string_view table, std::string_view columns) {
  return fmt::format("{} index {}", table, columns);
}

std::string ColumnNames(const Resource& resource, const std::vector<model::FieldId>& fields) {
  std::string text;
  for (model::FieldId field : fields) text += (text.empty() ? "" : ", ") + Quote(resource.field(field).column);
  return text;
}

std::string CreateUnique(const Resource& resource, const std::vector<model::FieldId>& fields) {
  std::string columns = ColumnNames(resource, fields);
  std::string live;
  if (resource.soft_delete) {
    const Field& deleted_at = resource.field(resource.FindSystem(model::SystemField::kDeletedAt));
    live = fmt::format(" WHERE {} IS NULL", Quote(deleted_at.column));
  }
  return fmt::format("CREATE UNIQUE INDEX {} ON {} ({}){}", Quote(resource.table + " unique " + columns),
                     Quote(resource.table), columns, live);
}

// The checks that built-in SQL can say, by their text; the others are the process's alone.
std::map<std::string, std::string> ChecksOf(const model::Service& service, const Resource& resource) {
  std::map<std::string, std::string> checks;
  for (const model::Check& check : resource.checks) {
    ExpressionRenderer renderer(service, Mode::kCheck);
    types::Values none;
    std::string text = renderer.Render(*check.rule, "", none);
    if (!renderer.failed()) checks[check.text] = fmt::format("(({}) IS TRUE)", text);
  }
  return checks;
}

void DescribeLists(json::Writer& out, std::string_view name, const std::set<std::string>& lists) {
  out.Key(name);
  out.BeginArray();
  for (const std::string& list : lists) out.String(list);
  out.EndArray();
}

void DescribeField(const model::Service& service, const Resource& resource, const Field& field, json::Writer& out) {
  out.BeginObject();
  out.Field("storage", StorageOf(*field.type));
  out.Field("type", field.type->text());
  out.Field("required", NotNull(field));
  if (field.relation.valid()) {
    out.Field("references", service.resource(resource.relation(field.relation).target).name);
  }
  out.EndObject();
}

}  // namespace

bool NotNull(const Field& field) { return field.required || field.type->kind() == types::Kind::kList; }

std::string DefineColumn(const model::Service& service, const Resource& resource, const Field& field) {
  std::string text = fmt::format("{} {}", Quote(field.column), AffinityOf(field.type->kind()));
  bool key = resource.key.size() == 1 && &resource.field(resource.key[0]) == &field;
  if (key && resource.id_kind == model::IdKind::kInt) return text + " PRIMARY KEY AUTOINCREMENT";
  if (NotNull(field)) text += " NOT NULL";
  if (key) text += " PRIMARY KEY";
  return text + References(service, resource, field);
}

std::set<std::string> IndexesOf(const Resource& resource) {
  std::set<std::string> indexes;
  for (const auto& index : resource.indexes) indexes.insert(ColumnNames(resource, index));
  return indexes;
}

std::string CreateIndex(std::string_view table, std::string_view columns) {
  return fmt::format("CREATE INDEX {} ON {} ({})", Quote(IndexName(table, columns)), Quote(table), columns);
}

std::string DropIndex(std::string_view table, std::string_view columns) {
  return fmt::format("DROP INDEX {}", Quote(IndexName(table, columns)));
}

void CreateResource(const model::Service& service, const Resource& resource, std::vector<std::string>& statements) {
  std::string text = fmt::format("CREATE TABLE {} (", Quote(resource.table));
  const char* comma = "";
  for (const Field& field : resource.fields) {
    if (field.computed) continue;
    text += comma + DefineColumn(service, resource, field);
    comma = ", ";
  }
  if (resource.key.size() > 1) text += fmt::format(", PRIMARY KEY ({})", ColumnNames(resource, resource.key));
  for (const auto& [name, check] : ChecksOf(service, resource)) {
    text += fmt::format(", CONSTRAINT {} CHECK {}", Quote(name), check);
  }
  statements.push_back(text + ") STRICT");
  std::set<std::string> uniques;
  for (const auto& unique : resource.uniques) uniques.insert(CreateUnique(resource, unique));
  statements.insert(statements.end(), uniques.begin(), uniques.end());
  for (const std::string& columns : IndexesOf(resource)) statements.push_back(CreateIndex(resource.table, columns));
  if (!resource.searched()) return;
  std::vector<std::string> search = CreateSearch(resource);
  statements.insert(statements.end(), search.begin(), search.end());
}

void DescribeResource(const model::Service& service, const Resource& resource, json::Writer& out) {
  out.BeginObject();
  out.Field("table", resource.table);
  out.Field("id", kIdKinds[static_cast<size_t>(resource.id_kind)]);
  out.Field("key", ColumnNames(resource, resource.key));
  out.Field("softDelete", resource.soft_delete);
  out.Key("fields");
  out.BeginObject();
  for (const Field& field : resource.fields) {
    if (field.computed) continue;
    out.Key(field.name);
    DescribeField(service, resource, field, out);
  }
  out.EndObject();
  std::set<std::string> uniques;
  for (const auto& unique : resource.uniques) uniques.insert(ColumnNames(resource, unique));
  DescribeLists(out, "unique", uniques);
  DescribeLists(out, "indexes", IndexesOf(resource));
  out.Field("search", SearchedColumns(resource));
  out.Key("checks");
  out.BeginObject();
  for (const auto& [name, check] : ChecksOf(service, resource)) out.Field(name, check);
  out.EndObject();
  out.EndObject();
}

std::string Describe(const model::Service& service) {
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  out.Field("format", kFormat);
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
