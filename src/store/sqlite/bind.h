// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "types/rows.h"

struct sqlite3_stmt;

namespace ashlar::store::sqlite {

// How each kind lies in SQLite: the one table of it (ARCHITECTURE.md, Equal answers).
//   bool, int64, date (days), timestamp and duration (microseconds), decimal (unscaled): INTEGER
//   float64: REAL.  text, json, list (list form): TEXT.  bytes, uuid (16 bytes): BLOB
// Binds parameter `place` (from 1). The value must outlive the statement's run. False if SQLite refuses.
bool Bind(sqlite3_stmt* statement, int place, const types::Value& value);

// Appends one column of the current row. False once the batch is full.
[[nodiscard]] bool AppendColumn(sqlite3_stmt* statement, int column, types::Rows& rows);

}  // namespace ashlar::store::sqlite
