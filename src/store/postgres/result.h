// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/postgres/ask.h"

struct pg_conn;    // libpq's own
struct pg_result;

namespace ashlar::store::postgres {

struct Finish {
  void operator()(pg_conn* connection) const;
};
using ConnectionPtr = std::unique_ptr<pg_conn, Finish>;

struct Clear {
  void operator()(pg_result* result) const;
};
using ResultPtr = std::unique_ptr<pg_result, Clear>;

// What the server says against a statement. In data exceptions (class 22), which quote what they are about, quotes are
// left empty.
Trouble TroubleOf(const pg_result& result);
// Whether it is the last that the server says on this connection, or libpq's own word that it is lost.
bool EndsConnection(const pg_result& result);

// The reply in a result that is no Trouble. An Error where it is not what was asked for, or does not fit.
Result<Reply> ReplyOf(const pg_result& result, size_t columns, bool measures = false);
// Whether the statement was a ROLLBACK, or a COMMIT that committed nothing, since its transaction had failed before.
bool IsRolledBack(const pg_result& result);

// What libpq says of a connection, in one line.
std::string WordsOf(const pg_conn& connection);

}  // namespace ashlar::store::postgres
