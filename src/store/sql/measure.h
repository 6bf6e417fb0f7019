// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "plan/statement.h"
#include "store/sql/dialect.h"

namespace ashlar::store::sql {

// The parts of an aggregate (plan/statement.h) in SQL. Cells have names that no column has, and are called by them.
std::string CellName(size_t cell);

// A key of the group, of the value of its field; `zone` is the parameter that names the zone.
std::string KeySql(const Dialect& dialect, const model::Field& field, types::Period period, std::string_view column,
                   std::string_view zone);
// A measure over the values of its field, which a count has not. A sum or mean that does not fit is an empty text or
// blob.
std::string MeasureSql(const Dialect& dialect, const plan::Measured& measure, const model::Field* field,
                       std::string_view column);
// Whether a group is kept; `marks` are the parameters of the values.
std::string HavingSql(const Dialect& dialect, const plan::Measured& measure, call::Operator op, const std::string& cell,
                      const types::Values& values, const std::vector<std::string>& marks);
// What sorts as the measure does.
std::string OrderSql(const Dialect& dialect, const plan::Measured& measure, const std::string& cell);

}  // namespace ashlar::store::sql
