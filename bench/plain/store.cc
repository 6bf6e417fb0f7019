// SPDX-License-Identifier: Apache-2.0
#include "store.h"

#include <cstdio>
#include <cstdlib>

namespace ashlar::bench {
namespace {

#define BENCH_ITEM                                                                                                \
  "i.id, i.version, i.created_at, i.updated_at, i.name, i.price, i.stock, i.status, i.published, i.released_at, " \
  "i.maker_id, i.owner_id"

constexpr const char* kItem = "SELECT " BENCH_ITEM " FROM items i WHERE i.id = ?1 AND (i.published OR i.owner_id = ?2)";
constexpr const char* kOfMaker =
    "SELECT " BENCH_ITEM
    " FROM items i WHERE i.maker_id = ?1 AND (i.published OR i.owner_id = ?2) ORDER BY i.price, i.id LIMIT 20";
constexpr const char* kSince =
    "SELECT " BENCH_ITEM
    ", m.id, m.version, m.created_at, m.updated_at, m.name, m.country_id"
    ", c.id, c.version, c.created_at, c.updated_at, c.code, c.name"
    " FROM (SELECT * FROM items WHERE status = ?1 AND released_at >= ?2 AND (published OR owner_id = ?3)"
    " ORDER BY released_at, id LIMIT 20) i"
    " JOIN makers m ON m.id = i.maker_id JOIN countries c ON c.id = m.country_id ORDER BY i.released_at, i.id";
constexpr int kItemColumns = 12;
constexpr int kMakerColumns = 6;
constexpr size_t kFixed = 1024;  // of a row, but for its texts

char* PutId(char* to, const unsigned char* id) {
  *to++ = '"';
  to = PutUuid(to, id);
  *to++ = '"';
  return to;
}

char* PutMoment(char* to, int64_t micros) {
  *to++ = '"';
  to = PutTime(to, micros);
  *to++ = '"';
  return to;
}

// What every resource has, from this column on.
char* PutSystem(char* to, const Statement& row, int at) {
  to = PutId(PutText(to, "{\"id\":"), row.Bytes(at));
  to = PutNumber(PutText(to, ",\"version\":"), row.Number(at + 1));
  to = PutMoment(PutText(to, ",\"createdAt\":"), row.Number(at + 2));
  return PutMoment(PutText(to, ",\"updatedAt\":"), row.Number(at + 3));
}

// The item without its closing brace.
char* PutItem(const Statement& row, Buffer& out) {
  std::string_view name = row.Text(4);
  std::string_view status = row.Text(7);
  char* to = out.Room(kFixed + 6 * name.size() + status.size());
  to = PutSystem(to, row, 0);
  to = PutQuoted(PutText(to, ",\"name\":"), name);
  to = PutCents(PutText(to, ",\"price\":\""), row.Number(5));
  to = PutNumber(PutText(to, "\",\"stock\":"), row.Number(6));
  to = PutText(PutText(to, ",\"status\":\""), status);
  to = PutText(PutText(to, "\",\"published\":"), row.Number(8) != 0 ? "true" : "false");
  to = PutMoment(PutText(to, ",\"releasedAt\":"), row.Number(9));
  to = PutId(PutText(to, ",\"makerId\":"), row.Bytes(10));
  return PutId(PutText(to, ",\"ownerId\":"), row.Bytes(11));
}

void PutMaker(const Statement& row, Buffer& out) {
  constexpr int kMaker = kItemColumns;
  constexpr int kCountry = kItemColumns + kMakerColumns;
  std::string_view maker = row.Text(kMaker + 4);
  std::string_view code = row.Text(kCountry + 4);
  std::string_view country = row.Text(kCountry + 5);
  char* to = out.Room(kFixed + 6 * (maker.size() + code.size() + country.size()));
  to = PutSystem(PutText(to, ",\"maker\":"), row, kMaker);
  to = PutQuoted(PutText(to, ",\"name\":"), maker);
  to = PutId(PutText(to, ",\"countryId\":"), row.Bytes(kMaker + 5));
  to = PutSystem(PutText(to, ",\"country\":"), row, kCountry);
  to = PutQuoted(PutText(to, ",\"code\":"), code);
  to = PutQuoted(PutText(to, ",\"name\":"), country);
  out.Wrote(PutText(to, "}}"));
}

}  // namespace

void Fatal(const std::string& what) {
  std::fprintf(stderr, "bench_plain: %s\n", what.c_str());
  std::_Exit(1);
}

Statement::Statement(sqlite3* store, const char* text) {
  if (sqlite3_prepare_v3(store, text, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) != SQLITE_OK) {
    Fatal(std::string(sqlite3_errmsg(store)) + " in: " + text);
  }
}

void Statement::Bind(int place, std::string_view text) {
  sqlite3_bind_text(statement_, place, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}

void Statement::Bind(int place, const Uuid& id) {
  sqlite3_bind_blob(statement_, place, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
}

bool Statement::Step() {
  int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) Fatal(sqlite3_errmsg(sqlite3_db_handle(statement_)));
  return false;
}

std::string_view Statement::Text(int column) const {
  const auto* text = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return {text, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

// As the product opens it.
Store OpenStore(const std::string& path, bool writes) {
  sqlite3* store = nullptr;
  int flags = SQLITE_OPEN_NOMUTEX | (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  if (sqlite3_open_v2(path.c_str(), &store, flags, nullptr) != SQLITE_OK) Fatal("cannot open " + path);
  const char* pragmas = writes ? "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-16384;"
                               : "PRAGMA query_only=ON; PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY;";
  if (sqlite3_exec(store, pragmas, nullptr, nullptr, nullptr) != SQLITE_OK) Fatal(sqlite3_errmsg(store));
  return Store(store);
}

Reader::Reader(const std::string& path)
    : store_(OpenStore(path, false)),
      begin_(store_.get(), "BEGIN"),
      commit_(store_.get(), "COMMIT"),
      item_(store_.get(), kItem),
      of_maker_(store_.get(), kOfMaker),
      since_(store_.get(), kSince) {}

void Reader::Begin(uint64_t commits) {
  if (begun_ && commits == commits_) return;
  TurnEnds();
  begin_.Run();
  begun_ = true;
  commits_ = commits;
}

void Reader::TurnEnds() {
  if (begun_) commit_.Run();
  begun_ = false;
}

bool Reader::Item(const Uuid& id, const Uuid& caller, Buffer& out, int64_t& version) {
  item_.Bind(1, id);
  item_.Bind(2, caller);
  bool found = item_.Step();
  if (found) {
    version = item_.Number(1);
    out.Wrote(PutText(PutItem(item_, out), "}"));
  }
  item_.Reset();
  return found;
}

void Reader::ItemsOf(const Uuid& maker, const Uuid& caller, Buffer& out) {
  of_maker_.Bind(1, maker);
  of_maker_.Bind(2, caller);
  for (bool first = true; of_maker_.Step(); first = false) {
    if (!first) out.Add(",");
    out.Wrote(PutText(PutItem(of_maker_, out), "}"));
  }
  of_maker_.Reset();
}

void Reader::ItemsSince(std::string_view status, int64_t micros, const Uuid& caller, Buffer& out) {
  since_.Bind(1, status);
  since_.Bind(2, micros);
  since_.Bind(3, caller);
  for (bool first = true; since_.Step(); first = false) {
    if (!first) out.Add(",");
    out.Wrote(PutItem(since_, out));
    PutMaker(since_, out);
    out.Add("}");
  }
  since_.Reset();
}

}  // namespace ashlar::bench
