// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/connection.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include "store/sqlite/bind.h"
#include "store/sqlite/functions.h"

namespace ashlar::store::sqlite {
namespace {

constexpr int kStepsBetweenLooks = 2000;  // of SQLite's machine; some 50 microseconds

bool Configure(sqlite3* handle) {
  int was = 0;
  return sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, &was) == SQLITE_OK &&
         sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, &was) == SQLITE_OK &&
         sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, &was) == SQLITE_OK &&
         sqlite3_extended_result_codes(handle, 1) == SQLITE_OK;
}

// The fields that a unique constraint is about, from SQLite's message: "UNIQUE constraint failed: t.a, t.b", or for
// an index with a condition "index 'name'". It never leaves this file.
std::vector<model::FieldId> FieldsOf(const model::Resource& resource, std::string_view message) {
  std::vector<model::FieldId> fields;
  size_t colon = message.find(": ");
  if (colon == std::string_view::npos) return fields;
  std::string rest(message.substr(colon + 2));
  rest += ", ";
  for (size_t at = 0, end; (end = rest.find(", ", at)) != std::string::npos; at = end + 2) {
    std::string name = rest.substr(at, end - at);
    std::string column = name.substr(name.find('.') + 1);
    for (size_t i = 0; i < resource.fields.size(); ++i) {
      if (resource.fields[i].column == column) fields.push_back(model::FieldId{static_cast<uint32_t>(i)});
    }
  }
  return fields;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& path, Role role) {
  sqlite3* handle = nullptr;
  bool writer = role == Role::kWriter;
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
              (writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
  mode_t mask = umask(0077);  // the file and its log are the owner's alone
  int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(handle));
  if (code != SQLITE_OK || !Configure(handle) || !AddFunctions(handle)) {
    umask(mask);
    return Fail(ErrorKind::kUnavailable, fmt::format("cannot open {}: {}", path, sqlite3_errstr(code)));
  }
  sqlite3_busy_timeout(handle, writer ? 2000 : 200);
  std::string pragmas = writer ? "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                                 "PRAGMA wal_autocheckpoint=0; PRAGMA secure_delete=FAST;"
                               : "PRAGMA query_only=ON;";
  pragmas += "PRAGMA mmap_size=0; PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY;";
  auto set = connection->Execute(pragmas);
  umask(mask);
  int was = 0;
  // Only the writer checkpoints (SQLite's WAL-reset defect): closing a reader must not.
  if (!writer) sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, &was);
  if (writer) {
    sqlite3_wal_hook(
        handle, [](void* pages, sqlite3*, const char*, int count) { *static_cast<int*>(pages) = count; return SQLITE_OK; },
        &connection->log_pages_);
  }
  if (!set) return Fail(ErrorKind::kUnavailable, fmt::format("cannot open {}: {}", path, set.error().message));
  return connection;
}

Connection::~Connection() {
  for (auto& [text, statement] : recent_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

Error Connection::Trouble(int code) const {
  ErrorKind kind = ErrorKind::kInternal;
  int primary = code & 0xff;
  if (primary == SQLITE_INTERRUPT) kind = ErrorKind::kTimeout;
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_FULL || primary == SQLITE_IOERR ||
      primary == SQLITE_READONLY || primary == SQLITE_CANTOPEN || primary == SQLITE_NOMEM) {
    kind = ErrorKind::kUnavailable;
  }
  return {kind, fmt::format("sqlite {}: {}", code, sqlite3_errmsg(handle_))};
}

Result<void> Connection::Execute(const std::string& text) {
  int code = sqlite3_exec(handle_, text.c_str(), nullptr, nullptr, nullptr);
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
    for (size_t column = 0; column < sql.columns; ++column) {
      if (!AppendColumn(statement, static_cast<int>(column), rows)) {
        return Fail(ErrorKind::kInternal, "a statement gives more bytes than a batch may hold");
      }
    }
  }
  if (code != SQLITE_DONE) return std::unexpected(Trouble(code));
  return rows;
}

Result<plan::Answer> Connection::Run(const model::Service& service, const plan::Statement& statement) {
  sql::Sql sql = sql::Render(service, statement);
  TRY(prepared, Prepare(sql.text));
  int place = 0;
  bool bound = true;
  for (const types::Value& value : sql.parameters) bound = bound && Bind(prepared, ++place, value);
  Result<types::Rows> rows = bound ? Step(prepared, sql) : Fail(ErrorKind::kInternal, "a parameter cannot be bound");
  int code = sqlite3_extended_errcode(handle_);
  int changes = sqlite3_changes(handle_);
  std::string message = rows ? "" : sqlite3_errmsg(handle_);
  sqlite3_reset(prepared);
  sqlite3_clear_bindings(prepared);
  if (!rows) {
    bool constraint = bound && (code & 0xff) == SQLITE_CONSTRAINT;
    if (!constraint) return std::unexpected(std::move(rows).error());
    const model::ResourceId of = std::visit([](const auto& one) { return one.resource; }, statement);
    bool unique = code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
                  code == SQLITE_CONSTRAINT_ROWID;
    if (unique) return plan::UniqueViolation{of, FieldsOf(service.resource(of), message)};
    return plan::CheckViolation{of, -1};
  }
  bool reads = std::holds_alternative<plan::Query>(statement) || std::holds_alternative<plan::Count>(statement) ||
               std::holds_alternative<plan::Probe>(statement);
  if (reads) return std::move(*rows);
  plan::Written written{changes, types::Value{}};
  if (std::holds_alternative<plan::Insert>(statement)) written.id = int64_t{sqlite3_last_insert_rowid(handle_)};
  return written;
}

void Connection::SetInterrupt(bool (*expired)(void*), void* argument) {
  struct Look {
    bool (*expired)(void*);
    void* argument;
  };
  // SQLite hands one pointer through: it stands in a slot of this thread's.
  thread_local Look look;
  look = {expired, argument};
  if (expired == nullptr) return sqlite3_progress_handler(handle_, 0, nullptr, nullptr);
  sqlite3_progress_handler(
      handle_, kStepsBetweenLooks, [](void* data) { return static_cast<Look*>(data)->expired(static_cast<Look*>(data)->argument) ? 1 : 0; },
      &look);
}

Connection::Checkpointed Connection::Checkpoint(bool restart) {
  Checkpointed done;
  sqlite3_wal_checkpoint_v2(handle_, nullptr, restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
                            &done.log, &done.done);
  return done;
}

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

}  // namespace ashlar::store::sqlite
