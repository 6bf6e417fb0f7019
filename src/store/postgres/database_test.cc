// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/database_test.h"

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "store/postgres/functions.h"
#include "store/sql/statement.h"

namespace ashlar::store::postgres {
namespace {

const char* Url() { return std::getenv("TEST_POSTGRES_URL"); }

std::string NewName() {
  static int made = 0;
  return fmt::format("expressions_{}_{}", getpid(), ++made);
}

}  // namespace

bool PostgresDatabase::Reachable() { return Url() != nullptr; }

PostgresDatabase::PostgresDatabase() : schema_(NewName()) {
  auto server = ParseUrl(Url());
  auto opened = server ? Blocking::Open(*server, {}) : std::unexpected(server.error());
  if (!opened) throw std::runtime_error(opened.error().message);
  connection_ = std::move(*opened);
  Must("CREATE SCHEMA " + schema_);
  Must("SET search_path = " + schema_);
  Must(CreateFunctions());
}

void PostgresDatabase::Must(const std::string& sql) {
  auto done = connection_->Execute(sql);
  if (!done) throw std::runtime_error(done.error().message);
}

Result<void> PostgresDatabase::Execute(const std::string& sql) {
  auto done = connection_->Execute(sql);
  if (!done) return Fail(ErrorKind::kInternal, done.error().message);
  return {};
}

Result<sql::Database::Told> PostgresDatabase::Run(const model::Service& service, const plan::Statement& statement) {
  const sql::Sql asked = sql::Render(service, sql::Postgres(), statement);
  if (asked.columns == 0) {
    auto done = connection_->Execute(asked.text, asked.parameters);
    if (!done) return Fail(ErrorKind::kInternal, done.error().message);
    return Told::kNothing;
  }
  // Whether there is a row at all, and what it holds, in one text.
  const std::string text =
      fmt::format("SELECT COALESCE((\"one\".\"cell\")::text, 'null') FROM ({}) AS \"one\"(\"cell\")", asked.text);
  auto told = connection_->QueryText(text, asked.parameters);
  if (!told) return Fail(ErrorKind::kInternal, fmt::format("{}: {}", told.error().message, text));
  if (!*told) return Told::kNothing;
  return **told == "null" ? Told::kNull : **told == "false" ? Told::kFalse : Told::kElse;
}

}  // namespace ashlar::store::postgres
