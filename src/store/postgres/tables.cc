// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/tables.h"

#include "base/crypto/sha256.h"
#include "base/hex.h"
#include "base/json/json.h"
#include "store/postgres/functions.h"
#include "store/postgres/violations.h"
#include "store/postgres/words.h"
#include "store/sql/change.h"
#include "store/sql/expression.h"
#include "store/sql/schema.h"

namespace ashlar::store::postgres {
namespace {

constexpr std::string_view kBegin =
    "BEGIN; SELECT pg_advisory_xact_lock(4702114286915285089); "  // a number of ours
    "CREATE TABLE IF NOT EXISTS ashlar_schema (one integer PRIMARY KEY CHECK (one = 1), description text NOT NULL, "
    "functions text NOT NULL)";

std::unexpected<Error> Told(const Trouble& trouble) { return std::unexpected(ErrorOf(trouble)); }

Result<void> Do(Blocking& connection, const std::string& sql, std::span<const types::Value> parameters = {}) {
  auto done = connection.Execute(sql, parameters);
  if (!done) return Told(done.error());
  return {};
}

Result<std::string> Read(Blocking& connection, const std::string& sql) {
  auto text = connection.QueryText(sql);
  if (!text) return Told(text.error());
  return text->value_or("");
}

// What the renderer has no SQL for here.
Result<void> LookForWhatLacks(const model::Service& service) {
  std::vector<std::string> lacks;
  for (const model::Resource& resource : service.resources) {
    for (const model::Field& field : resource.fields) {
      const std::string place = fmt::format("{}.{}", resource.name, field.name);
      if (field.computed && sql::MustConform(*field.type) && !field.type->bounds().whole) {
        lacks.push_back(fmt::format("{}: a computed field's type may have bounds, but no pattern and no form", place));
      }
    }
  }
  if (lacks.empty()) return {};
  return Fail(ErrorKind::kInvalid,
              fmt::format("the contract needs what a store in PostgreSQL has not:\n  {}", fmt::join(lacks, "\n  ")));
}

Result<sql::Change> ChangeFrom(const std::string& applied, const model::Service& service) {
  if (applied.empty()) return sql::Change{.statements = sql::CreateAll(service, sql::Postgres())};
  auto parsed = json::Parse(applied, {.depth = 64, .bytes = SIZE_MAX});
  if (!parsed) return Fail(ErrorKind::kInvalid, "the store's description of itself cannot be read");
  sql::Change change = sql::Compare(*parsed, service, sql::Postgres());
  if (change.refused.empty()) return change;
  return std::unexpected(sql::Refusal(change, "a new database"));
}

std::string DigestOf(std::string_view text) {
  const Digest digest = Sha256(text);
  return HexEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Result<void> BringWithin(Blocking& connection, const model::Service& service) {
  TRY_VOID(Do(connection, std::string(kBegin)));
  TRY(applied, Read(connection, "SELECT description FROM ashlar_schema"));
  TRY(functions, Read(connection, "SELECT functions FROM ashlar_schema"));
  const std::string described = sql::Describe(service, sql::Postgres());
  const std::string made = CreateFunctions();
  if (applied == described && functions == DigestOf(made)) return Do(connection, "COMMIT");
  TRY(change, ChangeFrom(applied, service));
  if (functions != DigestOf(made)) TRY_VOID(Do(connection, made));
  for (const std::string& statement : change.statements) TRY_VOID(Do(connection, statement));
  for (model::ResourceId id : change.words) TRY_VOID(FillWords(connection, service.resource(id)));
  const types::Values values{described, DigestOf(made)};
  TRY_VOID(Do(connection,
              "INSERT INTO ashlar_schema VALUES (1, $1, $2) ON CONFLICT (one) DO UPDATE SET description = $1, "
              "functions = $2",
              values));
  return Do(connection, "COMMIT");
}

}  // namespace

Result<void> BringTables(Blocking& connection, const model::Service& service) {
  TRY_VOID(LookForWhatLacks(service));
  Result<void> brought = BringWithin(connection, service);
  if (!brought) (void)connection.Execute("ROLLBACK");
  return brought;
}

}  // namespace ashlar::store::postgres
