// SPDX-License-Identifier: Apache-2.0
#include "contract/foreign.h"

#include <algorithm>

namespace ashlar::contract {
namespace {

constexpr std::string_view kRequired = "a '!' behind the type says that a field is required, as string!";
constexpr std::string_view kNullable = "a field without '!' behind its type may be null";
constexpr std::string_view kRelation = "a relation is a field whose type is a resource, as 'author: User!'";

constexpr Foreign kKeys[] = {
    {"a field", "required", "", kRequired},
    {"a field", "notNull", "", kRequired},
    {"a field", "not_null", "", kRequired},
    {"a field", "nullable", "", kNullable},
    {"a field", "optional", "", kNullable},
    {"a field", "null", "", kNullable},
    {"a field", "minimum", "min"},
    {"a field", "minLength", "min"},
    {"a field", "min_length", "min"},
    {"a field", "minItems", "min"},
    {"a field", "maximum", "max"},
    {"a field", "maxLength", "max"},
    {"a field", "max_length", "max"},
    {"a field", "maxItems", "max"},
    {"a field", "length", "max"},
    {"a field", "size", "max"},
    {"a field", "uniq", "unique"},
    {"a field", "isUnique", "unique"},
    {"a field", "indexed", "index"},
    {"a field", "regex", "pattern"},
    {"a field", "regexp", "pattern"},
    {"a field", "match", "pattern"},
    {"a field", "format", "type"},
    {"a field", "defaultValue", "default"},
    {"a field", "comment", "description"},
    {"a field", "doc", "description"},
    {"a field", "enum", "", "the constants stand in the type, as 'enum(a, b)'"},
    {"a field", "values", "", "the constants stand in the type, as 'enum(a, b)'"},
    {"a field", "choices", "", "the constants stand in the type, as 'enum(a, b)'"},
    {"a field", "items", "", "a list is written '[TYPE]'"},
    {"a field", "array", "", "a list is written '[TYPE]'"},
    {"a field", "precision", "", "the digits stand in the type, as 'decimal(10, 2)'"},
    {"a field", "scale", "", "the digits stand in the type, as 'decimal(10, 2)'"},
    {"a field", "primaryKey", "", "every resource has an id; 'id' of the resource says of which kind"},
    {"a field", "primary", "", "every resource has an id; 'id' of the resource says of which kind"},
    {"a field", "references", "", kRelation},
    {"a field", "foreignKey", "", kRelation},
    {"a field", "ref", "", kRelation},
    {"a field", "relation", "", kRelation},
    {"a field", "hidden", "", "a field that nobody may read has 'read: nobody'"},
    {"a field", "private", "", "a field that nobody may read has 'read: nobody'"},
    {"a resource", "properties", "fields"},
    {"a resource", "attributes", "fields"},
    {"a resource", "columns", "fields"},
    {"a resource", "schema", "fields"},
    {"a resource", "permissions", "access"},
    {"a resource", "permission", "access"},
    {"a resource", "rules", "access"},
    {"a resource", "auth", "access"},
    {"a resource", "policy", "access"},
    {"a resource", "constraints", "checks"},
    {"a resource", "validations", "checks"},
    {"a resource", "validate", "checks"},
    {"a resource", "paranoid", "softDelete"},
    {"a resource", "pagination", "page"},
    {"a resource", "primaryKey", "id"},
    {"a resource", "relations", "", kRelation},
    {"a resource", "relationships", "", kRelation},
    {"a resource", "timestamps", "", "every resource has createdAt and updatedAt"},
    {"a contract", "name", "service"},
    {"a contract", "app", "service"},
    {"a contract", "models", "resources"},
    {"a contract", "entities", "resources"},
    {"a contract", "tables", "resources"},
    {"a contract", "collections", "resources"},
    {"a contract", "schemas", "resources"},
    {"a contract", "paths", "resources"},
    {"a contract", "policies", "rules"},
    {"a contract", "permissions", "rules"},
    {"'access'", "view", "get"},
    {"'access'", "show", "get"},
    {"'access'", "index", "list"},
    {"'access'", "insert", "create"},
    {"'access'", "add", "create"},
    {"'access'", "edit", "update"},
    {"'access'", "patch", "update"},
    {"'access'", "remove", "delete"},
    {"'access'", "destroy", "delete"},
    {"'access'", "all", "", "'read' and 'write' together are all of it"},
    {"a check", "expression", "rule"},
    {"a check", "expr", "rule"},
    {"a check", "condition", "rule"},
    {"a check", "if", "rule"},
    {"a check", "error", "message"},
    {"a check", "name", "message"},
    {"'page'", "size", "default"},
    {"'page'", "limit", "max"},
    {"a role", "extends", "inherits"},
    {"a role", "parents", "inherits"},
};

constexpr ForeignType kTypes[] = {
    {"integer", "int"},
    {"smallint", "int"},
    {"number", "int"},
    {"serial", "int"},
    {"bigint", "int64"},
    {"long", "int64"},
    {"boolean", "bool"},
    {"varchar", "string"},
    {"char", "string"},
    {"str", "string"},
    {"longtext", "text"},
    {"clob", "text"},
    {"timestamp", "datetime"},
    {"timestamptz", "datetime"},
    {"time", "datetime"},
    {"instant", "datetime"},
    {"double", "float"},
    {"real", "float"},
    {"numeric", "decimal(12, 2)"},
    {"money", "decimal(12, 2)"},
    {"object", "json"},
    {"jsonb", "json"},
    {"map", "json"},
    {"dict", "json"},
    {"any", "json"},
    {"array", "[string]"},
    {"list", "[string]"},
    {"binary", "bytes"},
    {"blob", "bytes"},
    {"bytea", "bytes"},
    {"guid", "uuid"},
    {"interval", "duration"},
    {"uri", "url"},
    {"link", "url"},
    {"mail", "email"},
};

char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::span<const Foreign> ForeignKeys() { return kKeys; }

std::span<const ForeignType> ForeignTypes() { return kTypes; }

const Foreign* FindForeignKey(std::string_view of, std::string_view key) {
  auto is_it = [&](const Foreign& row) { return row.of == of && row.word == key; };
  auto found = std::ranges::find_if(kKeys, is_it);
  return found == std::end(kKeys) ? nullptr : found;
}

std::string_view TypeFor(std::string_view foreign) {
  for (const ForeignType& type : kTypes) {
    if (std::ranges::equal(type.word, foreign, {}, {}, ToLower)) return type.ours;
  }
  return "";
}

}  // namespace ashlar::contract
