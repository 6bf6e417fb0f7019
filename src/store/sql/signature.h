// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>

#include "plan/statement.h"

namespace ashlar::store::sql {

// What decides a query's text, and the values of its parameters in order: queries of the same shape have the same text.
struct Signature {
  std::string shape;  // bytes
  types::Values values;
  std::vector<size_t> rendered;  // of the values: nulls, for which Render's own stand, the same for all of this shape
  // Those of `among`, whose order Render and this have from one place.
  size_t among_begin = 0, among_end = 0;
};

// Of queries that compare stored fields with values, which most do; nothing for others. That the values stand in the
// order of Render's parameters is for the caller to see, on a query whose values all differ.
std::optional<Signature> SignatureOf(const model::Service& service, const plan::Query& query);

}  // namespace ashlar::store::sql
