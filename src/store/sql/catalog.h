// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "model/service.h"

namespace ashlar::store::sql {

// An identifier in double quotes. Identifiers come out of the model alone, never out of a request.
std::string Quote(std::string_view identifier);
// "alias"."column" of a field.
std::string ColumnOf(const model::Resource& resource, model::FieldId field, std::string_view alias);
// `"alias"."deleted_at" IS NULL`, or empty where the resource has no soft delete.
std::string LiveRows(const model::Resource& resource, std::string_view alias);

}  // namespace ashlar::store::sql
