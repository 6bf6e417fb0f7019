// SPDX-License-Identifier: Apache-2.0
#include "store/sql/schema.h"

#include <set>

#include "store/sql/catalog.h"
#include "store/sql/expression.h"
#include "store/sql/search.h"

namespace ashlar::store::sql {
namespace {

using model::Field;
using model::Resource;

constexpr const char* kIdKinds[] = {"uuid", "int", "string", "composite"};  // by model::IdKind

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

std::string IndexName(const Dialect& dialect, std::string_view table, std::string_view columns) {
  return dialect.Name(fmt::format("{} index {}", table, columns));
}

std::string ColumnNames(const Resource& resource, const std::vector<model::FieldId>& fields) {
  std::string text;
  for (model::FieldId field : fields) text += (text.empty() ? "" : ", ") + Quote(resource.field(field).column);
  return text;
}

std::string CreateUnique(const Dialect& dialect, const Resource& resource, const std::vector<model::FieldId>& fields) {
  std::string columns = ColumnNames(resource, fields);
  std::string live;
  if (resource.soft_delete) {
    const Field& deleted_at = resource.field(resource.FindSystem(model::SystemField::kDeletedAt));
    live = fmt::format(" WHERE {} IS NULL", Quote(deleted_at.column));
  }
  return fmt::format("CREATE UNIQUE INDEX {} ON {} ({}){}", Quote(UniqueName(dialect, resource, fields)),
                     Quote(resource.table), columns, live);
}

// The checks that built-in SQL can say, by their text; the others are the process's alone.
std::map<std::string, std::string> ChecksOf(const model::Service& service, const Dialect& dialect,
                                            const Resource& resource) {
  std::map<std::string, std::string> checks;
  for (const model::Check& check : resource.checks) {
    ExpressionRenderer renderer(service, dialect, Mode::kCheck);
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

std::string UniqueName(const Dialect& dialect, const Resource& resource, const std::vector<model::FieldId>& fields) {
  return dialect.Name(fmt::format("{} unique {}", resource.table, ColumnNames(resource, fields)));
}

std::string DefineColumn(const model::Service& service, const Dialect& dialect, const Resource& resource,
                         const Field& field) {
  std::string text = fmt::format("{} {}", Quote(field.column), dialect.ColumnType(*field.type));
  bool key = resource.key.size() == 1 && &resource.field(resource.key[0]) == &field;
  if (key && resource.id_kind == model::IdKind::kInt) return fmt::format("{}{}", text, dialect.CountedKey());
  if (NotNull(field)) text += " NOT NULL";
  if (key) text += " PRIMARY KEY";
  return dialect.references_later() ? text : text + References(service, resource, field);
}

void CreateReference(const model::Service& service, const Dialect& dialect, const Resource& resource,
                     const Field& field, std::vector<std::string>& statements) {
  if (!dialect.references_later() || !field.relation.valid() || field.computed) return;
  statements.push_back(fmt::format("ALTER TABLE {} ADD FOREIGN KEY ({}){}", Quote(resource.table), Quote(field.column),
                                   References(service, resource, field)));
}

std::map<std::string, std::string> IndexesOf(const Dialect& dialect, const Resource& resource) {
  std::map<std::string, std::string> indexes;
  for (const auto& index : resource.indexes) {
    std::string sorted;
    for (model::FieldId id : index) {
      const Field& field = resource.field(id);
      sorted +=
          fmt::format("{}{}", sorted.empty() ? "" : ", ", dialect.IndexColumn(Quote(field.column), !NotNull(field)));
    }
    indexes.emplace(ColumnNames(resource, index), std::move(sorted));
  }
  return indexes;
}

std::string CreateIndex(const Dialect& dialect, std::string_view table, std::string_view columns,
                        std::string_view sorted) {
  return fmt::format("CREATE INDEX {} ON {} ({})", Quote(IndexName(dialect, table, columns)), Quote(table), sorted);
}

std::string DropIndex(const Dialect& dialect, std::string_view table, std::string_view columns) {
  return fmt::format("DROP INDEX {}", Quote(IndexName(dialect, table, columns)));
}

std::string CheckName(const Dialect& dialect, const Resource& resource, const model::Check& check) {
  return dialect.ConstraintName(resource.table, check.text);
}

void CreateResource(const model::Service& service, const Dialect& dialect, const Resource& resource,
                    std::vector<std::string>& statements) {
  std::string text = fmt::format("CREATE TABLE {} (", Quote(resource.table));
  const char* comma = "";
  for (const Field& field : resource.fields) {
    if (field.computed) continue;
    text += comma + DefineColumn(service, dialect, resource, field);
    comma = ", ";
  }
  if (resource.key.size() > 1) text += fmt::format(", PRIMARY KEY ({})", ColumnNames(resource, resource.key));
  for (const auto& [name, check] : ChecksOf(service, dialect, resource)) {
    text += fmt::format(", CONSTRAINT {} CHECK {}", Quote(dialect.ConstraintName(resource.table, name)), check);
  }
  statements.push_back(fmt::format("{}{}", text, dialect.TableEnd()));
  std::set<std::string> uniques;
  for (const auto& unique : resource.uniques) uniques.insert(CreateUnique(dialect, resource, unique));
  statements.insert(statements.end(), uniques.begin(), uniques.end());
  for (const auto& [columns, sorted] : IndexesOf(dialect, resource)) {
    statements.push_back(CreateIndex(dialect, resource.table, columns, sorted));
  }
  if (!resource.searched()) return;
  std::vector<std::string> search = CreateSearch(dialect, resource);
  statements.insert(statements.end(), search.begin(), search.end());
}

void DescribeResource(const model::Service& service, const Dialect& dialect, const Resource& resource,
                      json::Writer& out) {
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
  std::set<std::string> indexes;
  for (const auto& [columns, sorted] : IndexesOf(dialect, resource)) indexes.insert(columns);
  DescribeLists(out, "indexes", indexes);
  out.Field("search", SearchedColumns(resource));
  out.Key("checks");
  out.BeginObject();
  for (const auto& [name, check] : ChecksOf(service, dialect, resource)) out.Field(name, check);
  out.EndObject();
  out.EndObject();
}

std::string Describe(const model::Service& service, const Dialect& dialect) {
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  out.Field("format", kFormat);
  out.Field("service", service.name);
  out.Key("resources");
  out.BeginObject();
  for (const Resource& resource : service.resources) {
    out.Key(resource.name);
    DescribeResource(service, dialect, resource, out);
  }
  out.EndObject();
  out.EndObject();
  return text;
}

std::vector<std::string> CreateAll(const model::Service& service, const Dialect& dialect) {
  std::vector<std::string> statements;
  for (const Resource& resource : service.resources) CreateResource(service, dialect, resource, statements);
  for (const Resource& resource : service.resources) {
    for (const Field& field : resource.fields) CreateReference(service, dialect, resource, field, statements);
  }
  return statements;
}

}  // namespace ashlar::store::sql
