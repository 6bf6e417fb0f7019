// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "plan/statement.h"
#include "store/sql/statement.h"

namespace ashlar::store::sql {

// Full-text search of a resource with `search` fields: an FTS5 table beside its own, whose rows hold the words of those
// fields, folded by ashlar (base/utf8_words.h), and a table that gives each key its number there. No trigger keeps
// them: whoever writes a row runs what Upkeep gives in the same transaction.

// The columns that are searched, quoted, as the store's description keeps them; empty: none.
std::string SearchedColumns(const model::Resource& resource);

// Makes both tables and fills them from the rows that are there; drops them.
std::vector<std::string> CreateSearch(const model::Resource& resource);
std::vector<std::string> DropSearch(std::string_view table);

// What brings the words up to date once the statement has written the row with that key.
std::vector<Sql> Upkeep(const model::Resource& resource, const plan::Statement& statement, const types::Values& key);

// ` FROM "s" JOIN ... "t"`: the rows of the resource as `row` beside their words as "search"; the condition that they
// have all of the words that `mark` stands for (see MatchOf); the expression that sorts the best first.
std::string FromSearch(const model::Resource& resource, std::string_view row);
std::string MatchCondition(std::string_view mark);
std::string_view RankOrder();
// Folded words as an FTS5 query that asks for all of them.
std::string MatchOf(const std::vector<std::string>& words);

}  // namespace ashlar::store::sql
