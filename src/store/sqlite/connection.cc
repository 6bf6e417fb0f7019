// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "store/sql/search.h"
#include "store/sqlite/bind.h"
#include "store/sqlite/conform.h"
#include "store/sqlite/functions.h"
#include "store/sqlite/log_vfs.h"
#include "store/sqlite/measures.h"

namespace ashlar::store::sqlite {
namespace {

constexpr int kStepsBetweenLooks = 2000;  // of SQLite's machine; some 50 microseconds
constexpr int kWriterWaitMs = 2000;       // for another program that has the file
constexpr int kReaderWaitMs = 200;
constexpr int kRestartWaitMs = 50;
constexpr int64_t kLargestId = (int64_t{1} << 53) - 1;  // of those that are counted up

bool Configure(sqlite3* handle) {
  int was = 0;
  return sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, &was) == SQLITE_OK &&
         sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, &was) == SQLITE_OK &&
         sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, &was) == SQLITE_OK &&
         sqlite3_extended_result_codes(handle, 1) == SQLITE_OK;
}

// What a constraint's message names: "UNIQUE constraint failed: t.a, t.b", "CHECK constraint failed: name". It never
// leaves this file.
std::string NamedIn(sqlite3* handle) {
  std::string message = sqlite3_errmsg(handle);
  size_t colon = message.find(": ");
  return colon == std::string::npos ? "" : message.substr(colon + 2);
}

// The fields of a unique constraint: "t.a, t.b".
std::vector<model::FieldId> FieldsOf(const model::Resource& resource, std::string columns) {
  std::vector<model::FieldId> fields;
  columns += ", ";
  for (size_t at = 0, end; (end = columns.find(", ", at)) != std::string::npos; at = end + 2) {
    std::string name = columns.substr(at, end - at);
    std::string column = name.substr(name.find('.') + 1);
    for (size_t i = 0; i < resource.fields.size(); ++i) {
      if (resource.fields[i].column == column) fields.push_back(model::FieldId{static_cast<uint32_t>(i)});
    }
  }
  return fields;
}

// Checks are named by their text.
int CheckOf(const model::Resource& resource, std::string_view name) {
  for (size_t i = 0; i < resource.checks.size(); ++i) {
    if (resource.checks[i].text == name) return static_cast<int>(i);
  }
  return -1;
}

// Leaves a prepared statement as it was found, whatever is thrown in between.
struct Reset {
  sqlite3_stmt* statement;
  ~Reset() {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
  }
};

// The file is the owner's alone; its log and index get the same mode from SQLite.
Result<void> CreateFile(const std::string& path) {
  int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return Fail(ErrorKind::kUnavailable, fmt::format("cannot open {}: {}", path, strerror(errno)));
  close(file);
  return {};
}

int NotePages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

constexpr const char* kWriterPragmas =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=0;"
    "PRAGMA secure_delete=FAST;";
constexpr const char* kPragmas = "PRAGMA mmap_size=0; PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY;";

// What SQLite counts for itself costs a lock that all threads share, with every allocation.
void CountNothing() {
  static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)done;
}

// The files of who writes; nullptr, and so SQLite's own, where there is no memory to add it.
const char* WriterFiles() {
  static const bool added = AddLogVfs(kLogVfs, nullptr);
  return added ? kLogVfs : nullptr;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& path, Role role) {
  CountNothing();
  bool writer = role == Role::kWriter;
  if (writer) TRY_VOID(CreateFile(path));
  sqlite3* handle = nullptr;
  int flags = SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  int code = sqlite3_open_v2(path.c_str(), &handle, flags, writer ? WriterFiles() : nullptr);
  std::unique_ptr<Connection> connection(new Connection(handle));
  if (code != SQLITE_OK || !Configure(handle) || !connection->AddOurFunctions()) {
    return Fail(ErrorKind::kUnavailable, fmt::format("cannot open {}: {}", path, sqlite3_errstr(code)));
  }
  sqlite3_busy_timeout(handle, writer ? kWriterWaitMs : kReaderWaitMs);
  // Only the writer checkpoints (SQLite's WAL-reset defect): closing a reader must not.
  int was = 0;
  if (!writer) sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, &was);
  auto set = connection->Execute(std::string(writer ? kWriterPragmas : "PRAGMA query_only=ON;") + kPragmas);
  if (!set) return Fail(ErrorKind::kUnavailable, fmt::format("cannot open {}: {}", path, set.error().message));
  if (writer) sqlite3_wal_hook(handle, NotePages, &connection->log_pages_);
  return connection;
}

bool Connection::AddOurFunctions() {
  return AddFunctions(handle_) && AddMeasures(handle_) && AddConform(handle_, &service_);
}

Result<std::unique_ptr<Connection>> Connection::OpenInMemory() {
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2(":memory:", &handle, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE, nullptr);
  std::unique_ptr<Connection> connection(new Connection(handle));
  if (code != SQLITE_OK || !Configure(handle) || !connection->AddOurFunctions()) {
    return Fail(ErrorKind::kUnavailable, fmt::format("cannot open a database in memory: {}", sqlite3_errstr(code)));
  }
  return connection;
}

Connection::~Connection() {
  for (auto& [text, statement] : recent_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

// The log stays for the next start to judge: nothing that succeeds behind a failure is to be taken for a proof.
void Connection::Damaged() {
  damaged_ = true;
  int was = 0;
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, &was);
}

Error Connection::Trouble(int code) {
  ErrorKind kind = ErrorKind::kInternal;
  switch (code & 0xff) {
    case SQLITE_INTERRUPT: kind = ErrorKind::kTimeout; break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_NOMEM: kind = ErrorKind::kUnavailable; break;
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      kind = ErrorKind::kUnavailable;
      Damaged();
      break;
    default: break;
  }
  return {kind, fmt::format("sqlite {}: {}", code, sqlite3_errmsg(handle_))};
}

Result<void> Connection::Execute(const std::string& text) {
  int code = sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(Trouble(code));
  return {};
}

Result<void> Connection::ExecuteAgain(const std::string& text) {
  TRY(statement, Prepare(text));
  sqlite3_step(statement);
  int code = sqlite3_reset(statement);
  if (code != SQLITE_OK) return std::unexpected(Trouble(code));
  return {};
}

Result<std::optional<std::string>> Connection::QueryText(const std::string& text) {
  TRY(statement, Prepare(text));
  int code = sqlite3_step(statement);
  std::optional<std::string> found;
  if (code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
    found = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  }
  sqlite3_reset(statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) return std::unexpected(Trouble(code));
  return found;
}

Result<sqlite3_stmt*> Connection::Prepare(const std::string& text) {
  if (auto found = prepared_.find(text); found != prepared_.end()) {
    recent_.splice(recent_.begin(), recent_, found->second);
    return recent_.front().second;
  }
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(handle_, text.c_str(), static_cast<int>(text.size() + 1), SQLITE_PREPARE_PERSISTENT,
                                &statement, nullptr);
  if (code != SQLITE_OK) {
    Error error = Trouble(code);
    error.message += " in: " + text;
    return std::unexpected(std::move(error));
  }
  recent_.emplace_front(text, statement);
  prepared_.emplace(recent_.front().first, recent_.begin());
  if (recent_.size() > kMaxPrepared) {
    prepared_.erase(recent_.back().first);
    sqlite3_finalize(recent_.back().second);
    recent_.pop_back();
  }
  return statement;
}

Result<types::Rows> Connection::Step(sqlite3_stmt* statement, const sql::Sql& sql) {
  types::Rows rows(sql.columns);
  int code = SQLITE_OK;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    if (rows.empty()) rows.Reserve(1);
    for (size_t column = 0; column < sql.columns; ++column) {
      if (!AppendColumn(statement, static_cast<int>(column), rows)) {
        return Fail(ErrorKind::kTooLarge,
                    "the rows that this needs are too large together; ask for fewer, or fewer fields");
      }
    }
  }
  if (code != SQLITE_DONE) return std::unexpected(Trouble(code));
  return rows;
}

Result<plan::Answer> Connection::Run(const model::Service& service, const plan::Statement& statement) {
  service_ = &service;
  const model::Resource& resource =
      service.resource(std::visit([](const auto& one) { return one.resource; }, statement));
  Result<types::Rows> rows = RunSql(rendered_.Of(service, statement), !sql::Writes(statement));
  if (rows) {
    TRY(answer, AnswerOf(service, statement, std::move(*rows)));
    if (sql::Writes(statement)) TRY_VOID(KeepSearch(resource, statement, std::get<plan::Written>(answer)));
    return answer;
  }
  switch (sqlite3_extended_errcode(handle_)) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return plan::UniqueViolation{resource.id, FieldsOf(resource, NamedIn(handle_))};
    case SQLITE_CONSTRAINT_CHECK: return plan::CheckViolation{resource.id, CheckOf(resource, NamedIn(handle_))};
    case SQLITE_CONSTRAINT_NOTNULL:
    case SQLITE_CONSTRAINT_FOREIGNKEY: return plan::CheckViolation{resource.id, -1};
    default: return std::unexpected(std::move(rows).error());
  }
}

bool Connection::BindAll(sqlite3_stmt* prepared, const Rendered::Ready& ready) {
  int place = 0;
  if (ready.row != nullptr) {
    for (size_t i = 0; i < ready.row->size(); ++i) {
      if (ready.of_row->fields[i].computed) continue;
      if (!Bind(prepared, ++place, (*ready.row)[i])) return false;
    }
  }
  for (size_t i = static_cast<size_t>(place); i < ready.sql.parameters.size(); ++i) {
    if (!Bind(prepared, ++place, ready.sql.parameters[i])) return false;
  }
  return true;
}

Result<types::Rows> Connection::RunSql(const Rendered::Ready& ready, bool reads) {
  TRY(prepared, Prepare(ready.sql.text));
  Reset reset{prepared};
  if (!BindAll(prepared, ready)) return Fail(ErrorKind::kInternal, "a parameter cannot be bound");
  reading_ = reads;
  Result<types::Rows> rows = Step(prepared, ready.sql);
  reading_ = true;
  return rows;
}

// What is searched follows the row that was written.
Result<void> Connection::KeepSearch(const model::Resource& resource, const plan::Statement& statement,
                                    const plan::Written& written) {
  if (written.rows == 0 || !resource.searched()) return {};
  types::Values key;
  if (const auto* insert = std::get_if<plan::Insert>(&statement)) {
    for (model::FieldId part : resource.key) key.push_back(insert->row[part.index()]);
    if (!written.id.is_null()) key = {written.id};
  } else if (const auto* update = std::get_if<plan::Update>(&statement)) {
    key = update->key;
  } else {
    key = std::get<plan::Delete>(statement).key;
  }
  for (const sql::Sql& sql : sql::Upkeep(resource, statement, key)) TRY_VOID(RunSql({sql}, false));
  return {};
}

Result<plan::Answer> Connection::AnswerOf(const model::Service& service, const plan::Statement& statement,
                                          types::Rows rows) const {
  if (!sql::Writes(statement)) return rows;
  plan::Written written{sqlite3_changes(handle_), types::Value{}};
  if (const auto* insert = std::get_if<plan::Insert>(&statement)) {
    bool counted = service.resource(insert->resource).id_kind == model::IdKind::kInt;
    if (counted && sqlite3_last_insert_rowid(handle_) > kLargestId) {
      return Fail(ErrorKind::kUnavailable, "the ids of " + service.resource(insert->resource).table + " are used up");
    }
    if (counted) written.id = int64_t{sqlite3_last_insert_rowid(handle_)};
  }
  return written;
}

Result<std::vector<std::pair<int, std::string>>> Connection::Explain(const std::string& text) {
  TRY(statement, Prepare("EXPLAIN QUERY PLAN " + text));
  std::vector<std::pair<int, std::string>> steps;
  std::map<int, int> depths;  // by the step's own number
  int code = SQLITE_OK;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    int depth = depths[sqlite3_column_int(statement, 1)];
    depths[sqlite3_column_int(statement, 0)] = depth + 1;
    steps.emplace_back(depth, reinterpret_cast<const char*>(sqlite3_column_text(statement, 3)));
  }
  sqlite3_reset(statement);
  if (code != SQLITE_DONE) return std::unexpected(Trouble(code));
  return steps;
}

void Connection::SetInterrupt(bool (*expired)(void*), void* argument) {
  expired_ = expired;
  expired_argument_ = argument;
  auto look = [](void* data) {
    auto* own = static_cast<Connection*>(data);
    return own->reading_ && own->expired_(own->expired_argument_) ? 1 : 0;
  };
  sqlite3_progress_handler(handle_, expired == nullptr ? 0 : kStepsBetweenLooks, look, this);
}

Result<void> Connection::Checkpoint(Checkpoints how) {
  int mode = SQLITE_CHECKPOINT_PASSIVE;
  if (how == Checkpoints::kRestart) mode = SQLITE_CHECKPOINT_RESTART;
  if (how == Checkpoints::kTruncate) mode = SQLITE_CHECKPOINT_TRUNCATE;
  if (how == Checkpoints::kRestart) sqlite3_busy_timeout(handle_, kRestartWaitMs);
  int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, nullptr, nullptr);
  sqlite3_busy_timeout(handle_, kWriterWaitMs);
  if (code == SQLITE_OK) return {};
  if ((code & 0xff) == SQLITE_BUSY) return Fail(ErrorKind::kConflict, "readers hold the log back");
  return std::unexpected(Trouble(code));
}

bool Connection::ReferencesHold() const {
  int unresolved = 0;
  int most = 0;
  return sqlite3_db_status(handle_, SQLITE_DBSTATUS_DEFERRED_FKS, &unresolved, &most, 0) == SQLITE_OK &&
         unresolved == 0;
}

int64_t Connection::changes() const { return sqlite3_total_changes64(handle_); }

int64_t Connection::spilled_pages() const {
  int pages = 0;
  int most = 0;
  sqlite3_db_status(handle_, SQLITE_DBSTATUS_CACHE_SPILL, &pages, &most, 0);
  return pages;
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

}  // namespace ashlar::store::sqlite
