// SPDX-License-Identifier: Apache-2.0
#include "recipes/field_type/all_types.h"

#include "recipes/field_type/colour.h"

namespace ashlar::recipes {

std::span<const types::FieldType> AllTypes() {
  static const std::vector<types::FieldType> rows = [] {
    std::vector<types::FieldType> all(types::FieldTypes().begin(), types::FieldTypes().end());
    all.push_back(ColourType());
    return all;
  }();
  return rows;
}

}  // namespace ashlar::recipes
