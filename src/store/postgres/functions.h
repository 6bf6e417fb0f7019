// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

namespace ashlar::store::postgres {

// Statements that give a database the functions that rendered expressions call (sql/dialect_postgres.cc): checked
// arithmetic, exact decimals and sums, folded case, json. Each gives NULL where CEL has an error. They may be run
// again.
std::string CreateFunctions();

}  // namespace ashlar::store::postgres
