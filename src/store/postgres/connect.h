// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "store/postgres/link.h"
#include "store/postgres/server.h"

namespace ashlar::store::postgres {

// What every connection is told first. By SET, behind the greeting: PgBouncer refuses to greet with what it does not
// know.
struct Settings {
  int64_t statement_timeout_ms = 30'000;       // of the server's own; 0: none
  int64_t idle_in_transaction_ms = 10'000;     // before it ends a transaction that nobody goes on with; 0: never
  int64_t client_check_ms = 2'000;             // how often it looks, while it works, whether we are still there
};
inline constexpr int kLeastServerVersion = 150'000;

// The statement that tells it all; gives the process id, its beginning and one column more. All of them are small.
std::string SetUpSql(const Settings& settings);
// What only some servers can do; it does without.
std::string SetUpMoreSql(const Settings& settings);
// Empty, or in plain words why such a server will not do, whatever it is told.
std::string VersionFault(int version);
std::string FaultOf(const pg_conn& connection);

// Connects to the first of the server's places that answers, and tells it the settings. Nothing blocks the loop but
// what libpq computes: names are looked up by Asio's thread. An Error is kUnavailable, or kInvalid where the server
// will not do; neither holds what is secret.
Task<Result<std::shared_ptr<Link>>> Connect(boost::asio::io_context& loop, const Server& server, Settings settings,
                                            const Clock& clock, Link::Means means);

}  // namespace ashlar::store::postgres
