// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/result.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "store/postgres/codec.h"

namespace ashlar::store::postgres {
namespace {

std::string FieldOf(const PGresult& result, int field) {
  const char* text = PQresultErrorField(&result, field);
  return text == nullptr ? "" : text;
}

std::string WithoutQuoted(const std::string& message) {
  const size_t first = message.find('"'), last = message.rfind('"');
  return first == std::string::npos ? message : message.substr(0, first + 1) + message.substr(last);
}

int64_t Touched(const PGresult& result) {
  const std::string_view text = PQcmdTuples(const_cast<PGresult*>(&result));  // changes nothing of it
  int64_t rows = 0;
  std::from_chars(text.data(), text.data() + text.size(), rows);
  return rows;
}

Result<std::vector<Column>> ColumnsOf(const PGresult& result, size_t columns, bool measures) {
  if (static_cast<size_t>(PQnfields(&result)) != columns) {
    return Fail(ErrorKind::kInternal,
                fmt::format("postgres: a statement gives {} columns, not {}", PQnfields(&result), columns));
  }
  std::vector<Column> described;
  for (int i = 0; i < static_cast<int>(columns); ++i) {
    if (PQfformat(&result, i) != 1) return Fail(ErrorKind::kInternal, "postgres: a column comes as text");
    described.push_back({PQftype(&result, i), PQfmod(&result, i), measures});
  }
  return described;
}

Result<types::Rows> RowsOf(const PGresult& result, size_t columns, bool measures) {
  TRY(described, ColumnsOf(result, columns, measures));
  types::Rows rows(columns);
  const int count = PQntuples(&result);
  rows.Reserve(static_cast<size_t>(count));
  for (int row = 0; row < count; ++row) {
    for (int i = 0; i < static_cast<int>(columns); ++i) {
      std::optional<std::string_view> datum;
      if (PQgetisnull(&result, row, i) == 0) {
        datum.emplace(PQgetvalue(&result, row, i), static_cast<size_t>(PQgetlength(&result, row, i)));
      }
      const Column& column = described[static_cast<size_t>(i)];
      const Decoded decoded = AppendDatum(column, datum, rows);
      if (decoded != Decoded::kDone) return std::unexpected(ErrorOf(decoded, column));
    }
  }
  return rows;
}

}  // namespace

void Finish::operator()(pg_conn* connection) const { PQfinish(connection); }
void Clear::operator()(pg_result* result) const { PQclear(result); }

Trouble TroubleOf(const pg_result& result) {
  Trouble trouble{.state = FieldOf(result, PG_DIAG_SQLSTATE),
                  .constraint = FieldOf(result, PG_DIAG_CONSTRAINT_NAME),
                  .table = FieldOf(result, PG_DIAG_TABLE_NAME),
                  .message = FieldOf(result, PG_DIAG_MESSAGE_PRIMARY)};
  if (trouble.state.starts_with("22")) trouble.message = WithoutQuoted(trouble.message);
  return trouble;
}

bool EndsConnection(const pg_result& result) {
  std::string severity = FieldOf(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity.empty()) severity = FieldOf(result, PG_DIAG_SEVERITY);  // of PgBouncer's own
  return severity.empty() || severity == "FATAL" || severity == "PANIC";
}

Result<Reply> ReplyOf(const pg_result& result, size_t columns, bool measures) {
  if (columns == 0) return Reply(Touched(result));
  if (PQresultStatus(&result) != PGRES_TUPLES_OK) {
    return Fail(ErrorKind::kInternal, "postgres: a statement that was to give rows gives none");
  }
  TRY(rows, RowsOf(result, columns, measures));
  return Reply(std::move(rows));
}

bool IsRolledBack(const pg_result& result) {
  return std::string_view(PQcmdStatus(const_cast<PGresult*>(&result))) == "ROLLBACK";  // changes nothing of it
}

std::string WordsOf(const pg_conn& connection) {
  std::string words = PQerrorMessage(&connection);
  while (!words.empty() && words.back() == '\n') words.pop_back();
  std::ranges::replace(words, '\n', ' ');
  return words.empty() ? "it says nothing" : words;
}

}  // namespace ashlar::store::postgres
