// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "cel/cel.h"
#include "types/type.h"

namespace ashlar::model {

// A field that is not stored: an expression over the row that it is a field of, without relations, caller and clock.
// What is an error or does not fit the field's type is null.
struct Computed {
  cel::ExprPtr value;
  std::vector<cel::FieldId> inputs;  // the stored fields that it comes from in the end
  cel::Weight weight;                // of it wherever it is named
};

// What becomes of an expression's value when it is that of a field: rescaled, null where it does not fit.
types::Value Conform(types::Value value, const types::Type& type);
// The value of a computed field of the row.
types::Value Compute(const Computed& computed, const types::Type& type, const cel::Environment& environment,
                     cel::RowRef row);

}  // namespace ashlar::model
