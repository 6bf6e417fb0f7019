// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "model/service.h"

struct sqlite3;

namespace ashlar::store::sqlite {

// Gives a connection `ashlar_conform(value, scale of the expression, resource, field)`: what a computed field's
// expression comes to, or NULL where the field's type does not take it. `service` points to that of the statement that
// runs, and must outlive the connection. False if SQLite refuses.
bool AddConform(sqlite3* connection, const model::Service** service);

}  // namespace ashlar::store::sqlite
