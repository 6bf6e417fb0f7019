// SPDX-License-Identifier: Apache-2.0
#include "store/sql/search.h"

#include "store/sql/catalog.h"

namespace ashlar::store::sql {
namespace {

using model::Resource;

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

std::vector<std::string> CreateSearch(const Resource& resource) {
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

std::vector<std::string> DropSearch(std::string_view table) {
  return {fmt::format("DROP TABLE {}", WordsTable(table)), fmt::format("DROP TABLE {}", NumbersTable(table))};
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

std::string FromSearch(const Resource& resource, std::string_view row) {
  return fmt::format(
      " FROM {} AS \"search\" JOIN {} AS \"number\" ON \"number\".\"n\" = \"search\".rowid JOIN {} AS {} "
      "ON {}",
      WordsTable(resource.table), NumbersTable(resource.table), Quote(resource.table), Quote(row),
      SameKey(resource, row, "number"));
}

std::string MatchCondition(std::string_view mark) { return fmt::format("\"search\".\"words\" MATCH {}", mark); }

std::string_view RankOrder() { return "\"search\".rank"; }

std::string MatchOf(const std::vector<std::string>& words) {
  std::string query;
  for (const std::string& word : words) query += fmt::format("{}\"{}\"", query.empty() ? "" : " ", word);
  return query;
}

}  // namespace ashlar::store::sql
