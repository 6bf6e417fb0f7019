// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/writer.h"
#include "model/service.h"
#include "store/sql/dialect.h"

namespace ashlar::store::sql {

// Of the description that a store keeps of its tables.
inline constexpr int kFormat = 1;

// What the tables of a service are, as far as a store must know to tell whether they still fit: kept in the store as
// JSON. Bounds of types, rules and texts are the process's and do not stand in it.
std::string Describe(const model::Service& service, const Dialect& dialect);
void DescribeResource(const model::Service& service, const Dialect& dialect, const model::Resource& resource,
                      json::Writer& out);

// The statements that make the tables and indexes of every resource, or of one, in order.
std::vector<std::string> CreateAll(const model::Service& service, const Dialect& dialect);
void CreateResource(const model::Service& service, const Dialect& dialect, const model::Resource& resource,
                    std::vector<std::string>& statements);

// What makes a field's reference once all tables are there, where it takes that; nothing, where its column does.
void CreateReference(const model::Service& service, const Dialect& dialect, const model::Resource& resource,
                     const model::Field& field, std::vector<std::string>& statements);

// A field's column as CREATE TABLE and ADD COLUMN write it.
std::string DefineColumn(const model::Service& service, const Dialect& dialect, const model::Resource& resource,
                         const model::Field& field);
// Lists are never null, whether they are required or not.
bool NotNull(const model::Field& field);

// Indexes by their columns, quoted: `"category_id", "name"`; how they are sorted.
std::map<std::string, std::string> IndexesOf(const Dialect& dialect, const model::Resource& resource);
std::string CreateIndex(const Dialect& dialect, std::string_view table, std::string_view columns,
                        std::string_view sorted);
std::string DropIndex(const Dialect& dialect, std::string_view table, std::string_view columns);

// What a violation names.
std::string UniqueName(const Dialect& dialect, const model::Resource& resource,
                       const std::vector<model::FieldId>& fields);
std::string CheckName(const Dialect& dialect, const model::Resource& resource, const model::Check& check);

}  // namespace ashlar::store::sql
