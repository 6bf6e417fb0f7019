// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "model/service.h"
#include "plan/statement.h"
#include "store/sqlite/rendered.h"

struct sqlite3;
struct sqlite3_stmt;

namespace ashlar::store::sqlite {

// One connection to a database file, with its prepared statements (a bounded LRU by text). One thread at a time.
class Connection {
 public:
  enum class Role : uint8_t { kWriter, kReader };
  // kWriter creates the file (mode 0600) and sets it to WAL; kReader opens what is there, read-only.
  static Result<std::unique_ptr<Connection>> Open(const std::string& path, Role role);
  // A writer's, to a database of its own that no file holds.
  static Result<std::unique_ptr<Connection>> OpenInMemory();
  ~Connection();
  Connection(const Connection&) = delete;

  // Runs text that gives no rows; several statements may stand in it.
  Result<void> Execute(const std::string& text);
  // The same of one statement that is run again and again (BEGIN, COMMIT): it stays prepared.
  Result<void> ExecuteAgain(const std::string& text);
  // The first column of the first row as text; nullopt without a row.
  Result<std::optional<std::string>> QueryText(const std::string& text);
  // Runs one statement of a plan. An Error is the database's own trouble; violations are answers.
  Result<plan::Answer> Run(const model::Service& service, const plan::Statement& statement);

  // How SQLite would run a statement: EXPLAIN QUERY PLAN, each step's depth and what it says. Nothing is run.
  Result<std::vector<std::pair<int, std::string>>> Explain(const std::string& text);

  // While set, a statement that reads is interrupted (kTimeout) once `expired(argument)` says so; asked every few
  // thousand steps. One that writes is not: that would end the whole transaction.
  void SetInterrupt(bool (*expired)(void*), void* argument);
  enum class Checkpoints : uint8_t { kPassive, kRestart, kTruncate };
  // Moves what is committed from the write-ahead log into the database. kRestart also waits, 50 ms at most, for readers
  // to let the log begin anew; kTruncate, 2 s at most, to leave no log at all. kConflict: they did not.
  Result<void> Checkpoint(Checkpoints how);
  bool in_transaction() const;
  // Rows that were changed since it was opened, whether that was committed or not.
  int64_t changes() const;
  // Pages that did not fit the cache and were written to the log before the end of their transaction, since it was
  // opened.
  int64_t spilled_pages() const;
  // Whether every foreign key of the transaction refers to a row; they are checked at its end.
  bool ReferencesHold() const;
  // The disk or the file failed: what is there can be read at best.
  bool damaged() const { return damaged_; }
  size_t prepared() const { return recent_.size(); }  // statements that are kept
  int log_pages() const { return log_pages_; }  // of the write-ahead log, after this connection's last commit

 private:
  explicit Connection(sqlite3* handle) : handle_(handle) {}
  bool AddOurFunctions();
  Result<sqlite3_stmt*> Prepare(const std::string& text);
  Result<types::Rows> RunSql(const Rendered::Ready& ready, bool reads);
  static bool BindAll(sqlite3_stmt* prepared, const Rendered::Ready& ready);
  Result<void> KeepSearch(const model::Resource& resource, const plan::Statement& statement,
                          const plan::Written& written);
  Result<types::Rows> Step(sqlite3_stmt* statement, const sql::Sql& sql);
  Result<plan::Answer> AnswerOf(const model::Service& service, const plan::Statement& statement,
                                types::Rows rows) const;
  Error Trouble(int code);
  void Damaged();

  static constexpr size_t kMaxPrepared = 200;
  sqlite3* handle_;
  const model::Service* service_ = nullptr;  // of the statement that runs
  bool (*expired_)(void*) = nullptr;
  void* expired_argument_ = nullptr;
  bool reading_ = true;  // the statement that runs
  bool damaged_ = false;
  int log_pages_ = 0;
  Rendered rendered_;
  std::list<std::pair<std::string, sqlite3_stmt*>> recent_;  // most recent first
  std::unordered_map<std::string_view, decltype(recent_)::iterator> prepared_;
};

}  // namespace ashlar::store::sqlite
