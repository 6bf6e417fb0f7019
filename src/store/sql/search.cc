// SPDX-License-Identifier: Apache-2.0
#include "store/sql/search.h"

#include <algorithm>
#include <map>

#include "base/crypto/sha256.h"
#include "base/hex.h"
#include "base/utf8_words.h"
#include "store/sql/catalog.h"

namespace ashlar::store::sql {
namespace {

using model::Field;
using model::Resource;

// Of PostgreSQL (Limitations, in its chapter on text search): bytes of a word, bytes of a tsvector less what its own
// alignment may need, those of all fields in one row together, the last position of a word, and how many are kept.
constexpr size_t kMostWord = 2046;
constexpr size_t kMostWords = 900'000;
constexpr size_t kLastPosition = 16'383;
constexpr size_t kMostPositions = 16;  // of 255: ts_rank looks at each pair of two words' positions

// No table of a resource has a space in its name.
std::string WordsTable(std::string_view table) { return Quote(fmt::format("{} search", table)); }
std::string NumbersTable(std::string_view table) { return Quote(fmt::format("{} search number", table)); }

std::string KeyColumns(const Resource& resource) {
  std::string text;
  for (model::FieldId part : resource.key) text += (text.empty() ? "" : ", ") + Quote(resource.field(part).column);
  return text;
}

// "alias"."id" = "other"."id" AND ...
std::string SameKey(const Resource& resource, std::string_view alias, std::string_view other) {
  std::string text;
  for (model::FieldId part : resource.key) {
    text += fmt::format("{}{} = {}", text.empty() ? "" : " AND ", ColumnOf(resource, part, alias),
                        ColumnOf(resource, part, other));
  }
  return text;
}

// "id" = ?1 AND ...
std::string KeyIs(const Resource& resource) {
  std::string text;
  for (size_t i = 0; i < resource.key.size(); ++i) {
    text += fmt::format("{}{} = ?{}", i == 0 ? "" : " AND ", Quote(resource.field(resource.key[i]).column), i + 1);
  }
  return text;
}

std::string WordsOf(const Resource& resource) { return fmt::format("ashlar_words({})", SearchedColumns(resource)); }

std::string NumberOf(const Resource& resource) {
  return fmt::format("(SELECT \"n\" FROM {} WHERE {})", NumbersTable(resource.table), KeyIs(resource));
}

std::string InsertWords(const Resource& resource) {
  return fmt::format("INSERT INTO {} (rowid, \"words\") SELECT {}, {} FROM {}", WordsTable(resource.table),
                     NumberOf(resource), WordsOf(resource), Quote(resource.table));
}

// No field has a space in its name.
std::string WordsName(const Dialect& dialect, std::string_view column) {
  return Quote(dialect.Name(fmt::format("{} words", column)));
}
std::string WordsIndex(const Dialect& dialect, std::string_view table) {
  return Quote(dialect.Name(fmt::format("{} search", table)));
}

// Those of all fields, each behind `alias`.
std::string AllWords(const Dialect& dialect, const Resource& resource, std::string_view alias) {
  std::string words;
  for (const Field& field : resource.fields) {
    if (!field.search) continue;
    words += fmt::format("{}COALESCE({}{}, '')", words.empty() ? "" : " || ", alias, WordsColumn(dialect, field));
  }
  return words;
}

// A word, which has neither quotes nor backslashes; one that is too long by what it hashes to.
std::string LexemeOf(const std::string& word) {
  if (word.size() <= kMostWord) return word;
  const Digest digest = Sha256(word);
  return HexEncode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

bool Touches(const Resource& resource, const plan::Update& update) {
  return std::any_of(update.set.begin(), update.set.end(),
                     [&](const auto& change) { return resource.field(change.first).search; });
}

}  // namespace

std::string SearchedColumns(const Resource& resource) {
  std::string columns;
  for (const model::Field& field : resource.fields) {
    if (field.search) columns += (columns.empty() ? "" : ", ") + Quote(field.column);
  }
  return columns;
}

std::vector<std::string> CreateSearch(const Dialect& dialect, const Resource& resource) {
  if (dialect.words_within()) {
    std::string columns;
    for (const Field& field : resource.fields) {
      if (!field.search) continue;
      columns += fmt::format("{}ADD COLUMN {} tsvector", columns.empty() ? "" : ", ", WordsColumn(dialect, field));
    }
    return {fmt::format("ALTER TABLE {} {}", Quote(resource.table), columns),
            fmt::format("CREATE INDEX {} ON {} USING gin (({}))", WordsIndex(dialect, resource.table),
                        Quote(resource.table), AllWords(dialect, resource, ""))};
  }
  std::string numbers = NumbersTable(resource.table);
  std::string keys = KeyColumns(resource);
  return {
      fmt::format("CREATE TABLE {} (\"n\" INTEGER PRIMARY KEY, {}, UNIQUE ({}))", numbers, keys, keys),
      fmt::format("CREATE VIRTUAL TABLE {} USING fts5(\"words\", tokenize = 'ascii')", WordsTable(resource.table)),
      fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}", numbers, keys, keys, Quote(resource.table)),
      fmt::format("INSERT INTO {} (rowid, \"words\") SELECT \"k\".\"n\", {} FROM {} AS \"t\" JOIN {} AS \"k\" ON {}",
                  WordsTable(resource.table), WordsOf(resource), Quote(resource.table), numbers,
                  SameKey(resource, "k", "t"))};
}

std::vector<std::string> DropSearch(const Dialect& dialect, std::string_view table, std::string_view columns) {
  if (!dialect.words_within()) {
    return {fmt::format("DROP TABLE {}", WordsTable(table)), fmt::format("DROP TABLE {}", NumbersTable(table))};
  }
  std::string drops;
  for (std::string_view rest = columns; !rest.empty();) {  // "a", "b"
    const size_t end = std::min(rest.find('"', 1), rest.size());
    drops += fmt::format("{}DROP COLUMN {}", drops.empty() ? "" : ", ", WordsName(dialect, rest.substr(1, end - 1)));
    rest.remove_prefix(std::min(rest.find('"', end + 1), rest.size()));
  }
  return {fmt::format("DROP INDEX {}", WordsIndex(dialect, table)),
          fmt::format("ALTER TABLE {} {}", Quote(table), drops)};
}

std::vector<Sql> Upkeep(const Resource& resource, const plan::Statement& statement, const types::Values& key) {
  if (std::holds_alternative<plan::Insert>(statement)) {
    std::string marks;
    for (size_t i = 1; i <= key.size(); ++i) marks += fmt::format("{}?{}", i == 1 ? "" : ", ", i);
    std::string number =
        fmt::format("INSERT INTO {} ({}) VALUES ({})", NumbersTable(resource.table), KeyColumns(resource), marks);
    return {{number, key, 0}, {fmt::format("{} WHERE {}", InsertWords(resource), KeyIs(resource)), key, 0}};
  }
  if (const auto* update = std::get_if<plan::Update>(&statement)) {
    if (!Touches(resource, *update)) return {};
    std::string words = fmt::format("UPDATE {} SET \"words\" = (SELECT {} FROM {} WHERE {}) WHERE rowid = {}",
                                    WordsTable(resource.table), WordsOf(resource), Quote(resource.table),
                                    KeyIs(resource), NumberOf(resource));
    return {{words, key, 0}};
  }
  return {{fmt::format("DELETE FROM {} WHERE rowid = {}", WordsTable(resource.table), NumberOf(resource)), key, 0},
          {fmt::format("DELETE FROM {} WHERE {}", NumbersTable(resource.table), KeyIs(resource)), key, 0}};
}

std::string WordsColumn(const Dialect& dialect, const Field& field) { return WordsName(dialect, field.column); }

std::string WordsWithin(const Resource& resource, std::string_view text) {
  const size_t most = kMostWords / static_cast<size_t>(std::ranges::count_if(resource.fields, &Field::search));
  std::map<std::string, std::vector<size_t>> places;
  size_t bytes = 0;
  size_t place = 0;
  for (const std::string& word : ashlar::WordsOf(text)) {
    const std::string lexeme = LexemeOf(word);
    const bool is_new = !places.contains(lexeme);
    bytes += is_new ? lexeme.size() + 10 : 2;
    if (bytes > most) break;
    std::vector<size_t>& own = places[lexeme];
    const size_t here = std::min(++place, kLastPosition);
    if (own.size() < kMostPositions && (own.empty() || own.back() < here)) own.push_back(here);
  }
  std::string words;
  for (const auto& [lexeme, own] : places) {
    fmt::format_to(std::back_inserter(words), "{}'{}':{}", words.empty() ? "" : " ", lexeme, fmt::join(own, ","));
  }
  return words;
}

Search SearchFor(const Dialect& dialect, const Resource& resource, std::string_view row, std::string_view mark) {
  if (dialect.words_within()) {
    const std::string words = AllWords(dialect, resource, fmt::format("{}.", Quote(row)));
    return {.from = fmt::format(" FROM {} AS {}", Quote(resource.table), Quote(row)),
            .condition = fmt::format("({}) @@ ({})::tsquery", words, mark),
            .order = fmt::format("ts_rank(({}), ({})::tsquery, 1) DESC", words, mark)};
  }
  return {.from = fmt::format(
              " FROM {} AS \"search\" JOIN {} AS \"number\" ON \"number\".\"n\" = \"search\".rowid JOIN {} AS {} "
              "ON {}",
              WordsTable(resource.table), NumbersTable(resource.table), Quote(resource.table), Quote(row),
              SameKey(resource, row, "number")),
          .condition = fmt::format("\"search\".\"words\" MATCH {}", mark),
          .order = "\"search\".rank"};
}

std::string MatchOf(const Dialect& dialect, const std::vector<std::string>& words) {
  std::string query;
  for (const std::string& word : words) {
    if (dialect.words_within()) {
      query += fmt::format("{}'{}'", query.empty() ? "" : " & ", LexemeOf(word));
    } else {
      query += fmt::format("{}\"{}\"", query.empty() ? "" : " ", word);
    }
  }
  return query;
}

}  // namespace ashlar::store::sql
