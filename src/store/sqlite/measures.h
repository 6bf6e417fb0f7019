// SPDX-License-Identifier: Apache-2.0
#pragma once

struct sqlite3;

namespace ashlar::store::sqlite {

// Gives a connection the functions that aggregates call (sql/measure.h): periods, exact sums and means. False if SQLite
// refuses.
bool AddMeasures(sqlite3* connection);

}  // namespace ashlar::store::sqlite
