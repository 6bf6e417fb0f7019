// SPDX-License-Identifier: Apache-2.0
#pragma once

struct sqlite3;

namespace ashlar::store::sqlite {

// Gives a connection the functions that rendered expressions call: checked arithmetic, exact decimals, folded case,
// json. Each gives NULL where CEL has an error. False if SQLite refuses.
bool AddFunctions(sqlite3* connection);

}  // namespace ashlar::store::sqlite
