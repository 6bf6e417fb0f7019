// SPDX-License-Identifier: Apache-2.0
// The gathered log: what reaches the files below, when, and what becomes of it when that fails. Other connections, with
// SQLite's own files, look on.
#include "store/sqlite/log_vfs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <random>

namespace ashlar::store::sqlite {
namespace {

using testing::Each;
using testing::Le;

// What logs are asked below the layer, by all tests in turn.
struct Disk {
  std::vector<int> writes;  // bytes of each
  int syncs = 0;
  bool behind = false;  // a write came last, not a sync
  int fails_at = -1;  // the write that fails, from here on
  int code = SQLITE_OK;
};
Disk disk;
const sqlite3_io_methods* below = nullptr;

int Write(sqlite3_file* file, const void* bytes, int amount, sqlite3_int64 at) {
  disk.behind = true;
  disk.writes.push_back(amount);
  if (disk.fails_at-- != 0) return below->xWrite(file, bytes, amount, at);
  (void)below->xWrite(file, bytes, amount / 2, at);  // as much as there is room for
  return disk.code;
}

int Sync(sqlite3_file* file, int flags) {
  disk.behind = false;
  ++disk.syncs;
  return below->xSync(file, flags);
}

int Open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags, int* flags_out) {
  sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  int code = system->xOpen(system, name, file, flags, flags_out);
  if (code != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0) return code;
  below = file->pMethods;
  static sqlite3_io_methods methods;
  methods = *below;
  methods.xWrite = Write;
  methods.xSync = Sync;
  file->pMethods = &methods;
  return code;
}

const char* TestedFiles() {
  static sqlite3_vfs watched = *sqlite3_vfs_find(nullptr);
  static const bool added = [] {
    watched.zName = "watched";
    watched.xOpen = Open;
    return sqlite3_vfs_register(&watched, 0) == SQLITE_OK && AddLogVfs("tested", "watched");
  }();
  return added ? "tested" : "none";
}

class Database {
 public:
  Database(const std::string& path, const char* files) {
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI;
    EXPECT_EQ(sqlite3_open_v2(path.c_str(), &handle_, flags, files), SQLITE_OK) << path;
    sqlite3_extended_result_codes(handle_, 1);
  }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;

  int Try(const std::string& text) { return sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr); }
  bool InTransaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  void Do(const std::string& text) { EXPECT_EQ(Try(text), SQLITE_OK) << sqlite3_errmsg(handle_) << " in " << text; }
  std::string Ask(const std::string& text) {
    std::string answer;
    auto take = [](void* to, int, char** columns, char**) {
      *static_cast<std::string*>(to) += columns[0] == nullptr ? "null" : columns[0];
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(handle_, text.c_str(), take, &answer, nullptr), SQLITE_OK) << sqlite3_errmsg(handle_);
    return answer;
  }
  // All there is, if it is sound.
  std::string Contents() {
    EXPECT_EQ(Ask("PRAGMA integrity_check"), "ok");
    return Ask(
        "SELECT group_concat(id || ':' || length(text) || hex(substr(text, -9)), ' ') FROM (SELECT * FROM rows ORDER "
        "BY id)");
  }

 private:
  sqlite3* handle_ = nullptr;
};

class LogVfsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "ashlar_log_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    Begin("");
  }
  void TearDown() override {
    writer_.reset();
    other_.reset();
    std::filesystem::remove_all(folder_);
  }
  void Begin(const std::string& parameters) {
    writer_.reset();
    other_.reset();
    std::string path = "file:" + (folder_ / "store.db").string();
    writer_ = std::make_unique<Database>(path + parameters, TestedFiles());
    writer_->Do(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
        "CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, text BLOB)");
    other_ = std::make_unique<Database>(path, nullptr);
    other_->Do("PRAGMA wal_autocheckpoint=0");
    disk = {};
  }
  // Of a transaction that does not fit its cache most is written before it is committed.
  void SpillEarly() { writer_->Do("PRAGMA cache_size=10; PRAGMA cache_spill=10"); }
  // What a start finds if the process ends now.
  std::string AfterAKill() {
    for (const char* name : {"store.db", "store.db-wal"}) {
      std::filesystem::copy_file(folder_ / name, folder_ / (std::string("left-") + name),
                                 std::filesystem::copy_options::overwrite_existing);
    }
    return Database((folder_ / "left-store.db").string(), nullptr).Contents();
  }

  std::filesystem::path folder_;
  std::unique_ptr<Database> writer_, other_;
};

std::string Insert(int count, int bytes = 3000) {
  return fmt::format(
      "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
      "INSERT INTO rows (text) SELECT randomblob({}) FROM n;",
      count, bytes);
}

TEST_F(LogVfsTest, ACommitIsWrittenInFewCallsAndThenSynced) {
  writer_->Do(Insert(1));
  EXPECT_EQ(disk.writes.size(), 1u) << "its pages and their headers";
  EXPECT_EQ(disk.syncs, 1);
  disk = {};
  writer_->Do(Insert(100));
  EXPECT_LE(disk.writes.size(), 5u);
  EXPECT_THAT(disk.writes, Each(Le(128 * 1024 - 1))) << "SQLite's files take no more at once";
  EXPECT_EQ(disk.syncs, 1);
  EXPECT_FALSE(disk.behind);
  EXPECT_EQ(other_->Ask("SELECT count(*) FROM rows"), "101");
  EXPECT_EQ(other_->Contents(), writer_->Contents());
  EXPECT_EQ(AfterAKill(), writer_->Contents());
}

TEST_F(LogVfsTest, WhatIsNotInTheFileYetIsReadBack) {
  SpillEarly();
  writer_->Do("BEGIN; " + Insert(200) + "UPDATE rows SET text = randomblob(2500) WHERE id % 3 = 0");
  EXPECT_EQ(writer_->Ask("SELECT count(*) FROM rows WHERE length(text) = 2500"), "66");
  std::string seen = writer_->Contents();
  EXPECT_EQ(other_->Ask("SELECT count(*) FROM rows"), "0");
  writer_->Do("COMMIT");
  EXPECT_EQ(writer_->Contents(), seen);
  EXPECT_EQ(other_->Contents(), seen);
  EXPECT_EQ(AfterAKill(), seen) << "the checksums of frames that were written twice";
}

TEST_F(LogVfsTest, NothingOfARolledBackTransactionComesLate) {
  writer_->Do(Insert(1));
  SpillEarly();
  writer_->Ask("PRAGMA wal_checkpoint");  // or rolling back would read the first page from the log
  writer_->Do("BEGIN; " + Insert(40));
  disk = {};
  writer_->Do("ROLLBACK");
  EXPECT_TRUE(disk.writes.empty());
  other_->Do(Insert(60));
  writer_->Do(Insert(2));
  EXPECT_EQ(disk.writes.size(), 1u) << "what was dropped was not even a beginning";
  EXPECT_EQ(other_->Ask("SELECT count(*) FROM rows"), "63");
  EXPECT_EQ(writer_->Contents(), other_->Contents());
  EXPECT_EQ(AfterAKill(), other_->Contents());
}

TEST_F(LogVfsTest, NothingOfATransactionComesWhenTheFilesAreClosed) {
  writer_->Do(Insert(1));
  SpillEarly();
  writer_->Ask("PRAGMA wal_checkpoint");
  writer_->Do("BEGIN; " + Insert(40));
  disk = {};
  writer_.reset();
  EXPECT_TRUE(disk.writes.empty());
  EXPECT_EQ(other_->Ask("SELECT count(*) FROM rows"), "1");
  EXPECT_EQ(AfterAKill(), other_->Contents());
}

TEST_F(LogVfsTest, AWriteThatFailsLosesItsTransactionAlone) {
  writer_->Do(Insert(3));
  std::string before = other_->Contents();
  for (int code : {SQLITE_FULL, SQLITE_IOERR_WRITE}) {
    for (int at : {0, 1, 3}) {
      disk = {.fails_at = at, .code = code};
      EXPECT_EQ(writer_->Try(Insert(100)), code) << at;
      EXPECT_EQ(disk.syncs, 0) << "nothing is said to be on the disk behind it";
      EXPECT_EQ(disk.writes.size(), static_cast<size_t>(at) + 1) << "nothing is tried again";
      EXPECT_EQ(other_->Contents(), before);
      EXPECT_EQ(AfterAKill(), before);
    }
  }
  disk = {};
  other_->Do(Insert(2));
  writer_->Do(Insert(5));
  EXPECT_EQ(other_->Ask("SELECT count(*) FROM rows"), "10");
  EXPECT_EQ(writer_->Contents(), other_->Contents());
  EXPECT_EQ(AfterAKill(), other_->Contents());
}

// SQLite goes on with a transaction whose statement could not read what it takes for written.
TEST_F(LogVfsTest, ATransactionWithAHoleIsNeverCommitted) {
  writer_->Do(
      "PRAGMA foreign_keys=ON; PRAGMA cache_size=40; CREATE TABLE kinds (id INTEGER PRIMARY KEY); INSERT INTO kinds "
      "VALUES (1); CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE, text TEXT, kind INTEGER REFERENCES "
      "kinds(id) DEFERRABLE INITIALLY DEFERRED); INSERT INTO things WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT "
      "i + 1 FROM n WHERE i < 2000) SELECT i, 'u' || i, hex(randomblob(300)), 1 FROM n");
  const std::string contents = "SELECT count(*) || ' ' || sum(length(name) * id) FROM things";
  const std::string before = other_->Ask(contents);
  int goes_on = 0;
  for (int rows = 10; rows < 50; ++rows) {
    writer_->Ask("PRAGMA wal_checkpoint=TRUNCATE");
    writer_->Do("BEGIN IMMEDIATE");
    for (int i = 0; i < rows; ++i) {
      writer_->Do(fmt::format("INSERT INTO things (name, text, kind) VALUES ('k{}', hex(randomblob(20000)), 1)", i));
    }
    disk = {.fails_at = 0, .code = SQLITE_FULL};
    int code = SQLITE_OK;
    for (int i = 0; i < 40 && code == SQLITE_OK && disk.fails_at == 0; ++i) {
      code = writer_->Try(
          fmt::format("UPDATE things SET name = 'n' || length(text) || id, kind = 1 WHERE id = {}", 2000 + rows - i));
    }
    disk.fails_at = -1;
    const bool alive = code != SQLITE_OK && writer_->InTransaction();
    goes_on += alive ? 1 : 0;
    if (alive) EXPECT_EQ(writer_->Try("COMMIT"), SQLITE_FULL) << rows;
    if (writer_->InTransaction()) writer_->Do("ROLLBACK");
    ASSERT_EQ(other_->Ask(contents), before) << rows;
    ASSERT_EQ(writer_->Ask(contents), before) << rows;
    ASSERT_EQ(writer_->Ask("PRAGMA integrity_check"), "ok") << rows;
    AfterAKill();
  }
  EXPECT_GT(goes_on, 0) << "nothing was shown";
  writer_->Do(Insert(5));
  EXPECT_EQ(other_->Ask("SELECT count(*) FROM rows"), "5");
}

TEST_F(LogVfsTest, WithoutASyncForEachCommitNothingIsGathered) {
  for (const char* level : {"NORMAL", "OFF", "0", "1"}) {
    writer_->Do(std::string("PRAGMA synchronous=") + level);
    disk = {};
    writer_->Do(Insert(10));
    EXPECT_THAT(disk.writes, Each(Le(4096))) << level;
    EXPECT_GE(disk.writes.size(), 20u) << level;
    EXPECT_EQ(other_->Contents(), writer_->Contents());
  }
  writer_->Do("PRAGMA synchronous=full; PRAGMA synchronous");
  disk = {};
  writer_->Do(Insert(10));
  EXPECT_EQ(disk.writes.size(), 1u);
}

TEST_F(LogVfsTest, ALogThatIsPaddedBehindItsSyncIsNotGathered) {
  Begin("?psow=0");
  writer_->Do(Insert(10));
  EXPECT_THAT(disk.writes, Each(Le(4096)));
  EXPECT_TRUE(disk.behind) << "the rest of its last page";
  EXPECT_EQ(other_->Contents(), writer_->Contents());
}

// What is written, taken back, spilled, moved into the database and written by another is what a database in memory
// has.
TEST_F(LogVfsTest, AnyHistoryIsThatOfADatabaseWithoutALog) {
  std::mt19937 chance(26);
  auto any = [&](int most) { return static_cast<int>(chance() % static_cast<unsigned>(most)); };
  Database model(":memory:", nullptr);
  model.Do("CREATE TABLE rows (id INTEGER PRIMARY KEY, text BLOB)");
  writer_->Do("PRAGMA cache_size=10");
  other_->Do("PRAGMA cache_size=10");
  auto change = [&] {
    int first = any(300), last = first + any(60), bytes = any(6000);
    switch (any(3)) {
      case 0: return fmt::format("DELETE FROM rows WHERE id BETWEEN {} AND {}", first, last);
      case 1:
        return fmt::format("UPDATE rows SET text = zeroblob({}) || id WHERE id BETWEEN {} AND {}", bytes, first, last);
      default:
        return fmt::format(
            "WITH RECURSIVE n(i) AS (VALUES ({}) UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
            "INSERT OR REPLACE INTO rows SELECT i, zeroblob({}) || i FROM n",
            first, last, bytes);
    }
  };
  for (int turn = 0; turn < 150; ++turn) {
    Database& who = any(5) == 0 ? *other_ : *writer_;
    auto both = [&](const std::string& text) {
      who.Do(text);
      model.Do(text);
    };
    const bool early = any(2) == 0;
    who.Do(early ? "PRAGMA cache_spill=10" : "PRAGMA cache_spill=OFF");
    both("BEGIN IMMEDIATE");
    for (int savepoint = any(4); savepoint >= 0; --savepoint) {
      both("SAVEPOINT unit");
      for (int changes = any(3); changes >= 0; --changes) both(change());
      if (!early && any(2) == 0) both("ROLLBACK TO unit");
      both("RELEASE unit");
    }
    both(any(4) == 0 ? "ROLLBACK" : "COMMIT");
    const char* modes[] = {"PASSIVE", "RESTART", "TRUNCATE"};
    if (any(8) == 0) writer_->Ask(std::string("PRAGMA wal_checkpoint=") + modes[any(3)]);
    std::string contents = model.Contents();
    ASSERT_EQ(writer_->Contents(), contents) << turn;
    ASSERT_EQ(other_->Contents(), contents) << turn;
    ASSERT_EQ(AfterAKill(), contents) << turn;
  }
}

}  // namespace
}  // namespace ashlar::store::sqlite
