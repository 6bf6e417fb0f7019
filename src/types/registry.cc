// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "types/type.h"

namespace ashlar::types {

// Every field type but lists and relations, in the order of the contract's page. Each stands in its own file of
// field_types/, which defines `FieldType NAMEType()`; a new one adds that file and a row here.
// clang-format off
#define ASHLAR_FIELD_TYPES(ROW) \
  ROW(String)                   \
  ROW(Text)                     \
  ROW(Int)                      \
  ROW(Int64)                    \
  ROW(Float)                    \
  ROW(Decimal)                  \
  ROW(Bool)                     \
  ROW(Uuid)                     \
  ROW(Date)                     \
  ROW(Datetime)                 \
  ROW(Duration)                 \
  ROW(Email)                    \
  ROW(Url)                      \
  ROW(Json)                     \
  ROW(Bytes)                    \
  ROW(Enum)
// clang-format on

#define ASHLAR_DECLARE(NAME) FieldType NAME##Type();
ASHLAR_FIELD_TYPES(ASHLAR_DECLARE)

std::span<const FieldType> FieldTypes() {
#define ASHLAR_ROW(NAME) NAME##Type(),
  static const FieldType rows[] = {ASHLAR_FIELD_TYPES(ASHLAR_ROW)};
  return rows;
}

const FieldType* FindFieldType(std::string_view name, std::span<const FieldType> among) {
  for (const FieldType& row : among) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace ashlar::types
