// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "plan/statement.h"
#include "store/sql/dialect.h"

namespace ashlar::store::sql {

// A statement's text with the dialect's marks for its parameters, from 1. Two statements of the same shape have the
// same text.
struct Sql {
  std::string text;
  types::Values parameters;
  size_t columns = 0;  // that a reading statement gives
  bool measures = false;  // sums and means are among them, which may not fit
};

// The parameters by which a query names the values of its `among`: themselves, filled up with nulls (which nothing
// equals) so that few texts serve all numbers of them; or all as one JSON list, where they are many.
types::Values AmongParameters(const plan::Query& query);
inline constexpr size_t kMostListed = 64;

// Whether it changes rows.
bool Writes(const plan::Statement& statement);

// What a plan's statement is in an engine's SQL.
Sql Render(const model::Service& service, const Dialect& dialect, const plan::Statement& statement);

}  // namespace ashlar::store::sql
