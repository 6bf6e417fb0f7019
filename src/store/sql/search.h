// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "plan/statement.h"
#include "store/sql/dialect.h"
#include "store/sql/statement.h"

namespace ashlar::store::sql {

// Full-text search of a resource with `search` fields, by words as base/utf8_words.h has them. No trigger keeps them:
// whoever writes a row writes its words in the same transaction.
//
// SQLite has an FTS5 table beside the resource's, whose rows hold the words, and a table that gives each key its number
// there; the connection that writes a row runs what Upkeep gives. PostgreSQL (Dialect::words_within) has a tsvector
// beside each of the fields, which the statement that writes the row writes as well, and an index over all of them.

// The columns that are searched, quoted, as the store's description keeps them; empty: none.
std::string SearchedColumns(const model::Resource& resource);

// Makes what searching needs, and drops it again, where `columns` were searched. Where the words stand within, those of
// rows that are there are null, which only the process can fill in.
std::vector<std::string> CreateSearch(const Dialect& dialect, const model::Resource& resource);
std::vector<std::string> DropSearch(const Dialect& dialect, std::string_view table, std::string_view columns);

// What brings the words up to date once the statement has written the row with that key. REQUIRES: SQLite.
std::vector<Sql> Upkeep(const model::Resource& resource, const plan::Statement& statement, const types::Values& key);

// The column of a field's words, quoted, and what one holds for a text, as PostgreSQL reads a tsvector. Of a text with
// more of them than all such columns of a row together hold, the first that fit. REQUIRES: words_within.
std::string WordsColumn(const Dialect& dialect, const model::Field& field);
std::string WordsWithin(const model::Resource& resource, std::string_view text);

// A search for all of some words.
struct Search {
  std::string from;  // ` FROM "s" JOIN ... "t"`: the rows of the resource as `row`, beside their words
  std::string condition;  // that they have the words that `mark` stands for, which MatchOf gave
  std::string order;  // the best first
};
Search SearchFor(const Dialect& dialect, const model::Resource& resource, std::string_view row, std::string_view mark);
// Folded words as a query that asks for all of them.
std::string MatchOf(const Dialect& dialect, const std::vector<std::string>& words);

}  // namespace ashlar::store::sql
