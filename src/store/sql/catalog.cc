// SPDX-License-Identifier: Apache-2.0
#include "store/sql/catalog.h"

namespace ashlar::store::sql {

std::string Quote(std::string_view identifier) {
  std::string quoted = "\"";
  for (char c : identifier) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string ColumnOf(const model::Resource& resource, model::FieldId field, std::string_view alias) {
  return fmt::format("{}.{}", Quote(alias), Quote(resource.field(field).column));
}

std::string LiveRows(const model::Resource& resource, std::string_view alias) {
  if (!resource.soft_delete) return "";
  return ColumnOf(resource, resource.FindSystem(model::SystemField::kDeletedAt), alias) + " IS NULL";
}

}  // namespace ashlar::store::sql
