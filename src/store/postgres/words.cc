// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/words.h"

#include <vector>

#include "base/json/writer.h"
#include "store/postgres/violations.h"
#include "store/sql/catalog.h"
#include "store/sql/search.h"

namespace ashlar::store::postgres {
namespace {

using model::Field;
using model::Resource;
using sql::Quote;

constexpr int kStep = 16;  // rows at once, each of which may be a megabyte long

std::vector<const Field*> SearchedOf(const Resource& resource) {
  std::vector<const Field*> fields;
  for (const Field& field : resource.fields) {
    if (field.search) fields.push_back(&field);
  }
  return fields;
}

// [["(0,1)", "'first':1", "'second':1"], ...]
std::string WordsOf(const Resource& resource, const Blocking::Texts& rows) {
  std::string text;
  json::Writer out(text);
  out.BeginArray();
  for (const auto& row : rows) {
    out.BeginArray();
    out.String(*row[0]);
    for (size_t i = 1; i < row.size(); ++i) out.String(sql::WordsWithin(resource, row[i].value_or("")));
    out.EndArray();
  }
  out.EndArray();
  return text;
}

}  // namespace

// A cursor sees the rows as they were when it was made, so that it meets none again that has changed.
Result<void> FillWords(Blocking& connection, const Resource& resource) {
  std::string columns, sets;
  const std::vector<const Field*> fields = SearchedOf(resource);
  for (size_t i = 0; i < fields.size(); ++i) {
    columns += ", " + Quote(fields[i]->column);
    sets += fmt::format("{}{} = (\"v\" ->> {})::tsvector", i == 0 ? "" : ", ",
                        sql::WordsColumn(sql::Postgres(), *fields[i]), i + 1);
  }
  const std::string table = Quote(resource.table);
  const std::string fill = fmt::format(
      "UPDATE {} AS \"t\" SET {} FROM json_array_elements($1::json) AS \"v\" WHERE \"t\".ctid = (\"v\" ->> 0)::tid",
      table, sets);
  auto begun =
      connection.Execute(fmt::format("DECLARE ashlar_words CURSOR FOR SELECT ctid::text{} FROM {}", columns, table));
  if (!begun) return std::unexpected(ErrorOf(begun.error()));
  while (true) {
    auto rows = connection.QueryTexts(fmt::format("FETCH {} FROM ashlar_words", kStep));
    if (!rows) return std::unexpected(ErrorOf(rows.error()));
    if (rows->empty()) break;
    const types::Values words{types::Value(WordsOf(resource, *rows))};
    auto filled = connection.Execute(fill, words);
    if (!filled) return std::unexpected(ErrorOf(filled.error()));
  }
  auto done = connection.Execute("CLOSE ashlar_words");
  if (!done) return std::unexpected(ErrorOf(done.error()));
  return {};
}

}  // namespace ashlar::store::postgres
