// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/log_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace ashlar::store::sqlite {
namespace {

// 31 frames of 4 KiB pages. SQLite's own files take less than 128 KiB in one write: of a larger one they take the
// length modulo that.
constexpr int kMostBytes = 31 * (24 + 4096);
static_assert(kMostBytes < 128 * 1024);
constexpr int kWriteLock = 0;  // of the locks of the index beside the log, the one that a writer holds

// What SQLite holds of a file; the file of the layer below lies behind it, in the same memory.
struct File : sqlite3_file {
  sqlite3_file* real = nullptr;
};

struct Log;

struct Database : File {
  Log* log = nullptr;   // while it is open
  bool synced = false;  // every commit syncs the log: the level is FULL
};

// (Write* (WriteOut | Drop))*: the bytes are those of one stretch. They are of a transaction that is not committed,
// and there are none but while its connection holds the write lock.
struct Log : File {
  Database* database = nullptr;
  std::unique_ptr<char[]> bytes;  // null: this log is not gathered
  int64_t place = 0;              // in the file
  int size = 0;
  int failed = SQLITE_OK;  // writing out, since the write lock was taken: there is a hole in the transaction

  bool gathers() const { return bytes != nullptr && database->synced; }
  bool Takes(int amount, int64_t at) const { return size == 0 || (at == place + size && amount <= kMostBytes - size); }
  // The transaction is over.
  void Drop() {
    size = 0;
    failed = SQLITE_OK;
  }
  // What cannot be written is dropped: the transaction is lost, and nothing of it may come later, at another's place.
  // SQLite, which takes it for written, may go on with it: so that it cannot commit, all that follows fails as well.
  int WriteOut() {
    if (size == 0 || failed != SQLITE_OK) return failed;
    int amount = std::exchange(size, 0);
    failed = real->pMethods->xWrite(real, bytes.get(), amount, place);
    return failed;
  }
};

constexpr size_t kOwnBytes = std::max(sizeof(Database), sizeof(Log));
static_assert(kOwnBytes % 8 == 0, "SQLite's files are aligned to 8");

Log& LogOf(sqlite3_file* file) { return *static_cast<Log*>(file); }
Database& DatabaseOf(sqlite3_file* file) { return *static_cast<Database*>(file); }

int LogWrite(sqlite3_file* file, const void* bytes, int amount, sqlite3_int64 at) {
  Log& log = LogOf(file);
  if (log.failed != SQLITE_OK) return log.failed;
  const bool gathered = log.gathers() && amount <= kMostBytes;
  if (!gathered || !log.Takes(amount, at)) {
    if (int code = log.WriteOut(); code != SQLITE_OK) return code;
  }
  if (!gathered) return log.real->pMethods->xWrite(log.real, bytes, amount, at);
  if (log.size == 0) log.place = at;
  std::memcpy(log.bytes.get() + log.size, bytes, static_cast<size_t>(amount));
  log.size += amount;
  return SQLITE_OK;
}

// What lies before the hole is there.
int LogRead(sqlite3_file* file, void* bytes, int amount, sqlite3_int64 at) {
  Log& log = LogOf(file);
  if (log.WriteOut() != SQLITE_OK && at + amount > log.place) return log.failed;
  return log.real->pMethods->xRead(log.real, bytes, amount, at);
}

int LogClose(sqlite3_file* file) {
  Log& log = LogOf(file);
  if (log.database != nullptr) log.database->log = nullptr;
  int code = log.real->pMethods->xClose(log.real);
  log.~Log();
  return code;
}

// Whoever has the write lock next may write at the same place. A commit has left nothing, as it synced the log.
int DatabaseShmLock(sqlite3_file* file, int offset, int count, int flags) {
  Database& database = DatabaseOf(file);
  bool ends = offset == kWriteLock && flags == (SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
  if (ends && database.log != nullptr) database.log->Drop();
  return database.real->pMethods->xShmLock(database.real, offset, count, flags);
}

int DatabaseFileControl(sqlite3_file* file, int operation, void* argument) {
  Database& database = DatabaseOf(file);
  if (operation == SQLITE_FCNTL_PRAGMA) {
    const char* const* words = static_cast<char**>(argument);  // an answer's place, the name, the value
    if (sqlite3_stricmp(words[1], "synchronous") == 0 && words[2] != nullptr) {
      database.synced = sqlite3_stricmp(words[2], "FULL") == 0;
    }
  }
  return database.real->pMethods->xFileControl(database.real, operation, argument);
}

template <auto kMethod, typename Result, typename... Arguments>
Result Pass(sqlite3_file* file, Arguments... arguments) {
  sqlite3_file* real = static_cast<File*>(file)->real;
  return (real->pMethods->*kMethod)(real, arguments...);
}

template <auto kMethod, typename... Arguments>
int PassBehindWrites(sqlite3_file* file, Arguments... arguments) {
  if (int code = LogOf(file).WriteOut(); code != SQLITE_OK) return code;
  return Pass<kMethod, int>(file, arguments...);
}

template <auto kMethod, typename Result, typename... Arguments>
Result PassBelow(sqlite3_vfs* layer, Arguments... arguments) {
  auto* below = static_cast<sqlite3_vfs*>(layer->pAppData);
  return (below->*kMethod)(below, arguments...);
}

using Methods = sqlite3_io_methods;

constexpr Methods kDatabaseMethods = {
    .iVersion = 3,
    .xClose = Pass<&Methods::xClose>,
    .xRead = Pass<&Methods::xRead>,
    .xWrite = Pass<&Methods::xWrite>,
    .xTruncate = Pass<&Methods::xTruncate>,
    .xSync = Pass<&Methods::xSync>,
    .xFileSize = Pass<&Methods::xFileSize>,
    .xLock = Pass<&Methods::xLock>,
    .xUnlock = Pass<&Methods::xUnlock>,
    .xCheckReservedLock = Pass<&Methods::xCheckReservedLock>,
    .xFileControl = DatabaseFileControl,
    .xSectorSize = Pass<&Methods::xSectorSize>,
    .xDeviceCharacteristics = Pass<&Methods::xDeviceCharacteristics>,
    .xShmMap = Pass<&Methods::xShmMap>,
    .xShmLock = DatabaseShmLock,
    .xShmBarrier = Pass<&Methods::xShmBarrier>,
    .xShmUnmap = Pass<&Methods::xShmUnmap>,
    .xFetch = Pass<&Methods::xFetch>,
    .xUnfetch = Pass<&Methods::xUnfetch>,
};

constexpr Methods kLogMethods = [] {
  Methods methods = kDatabaseMethods;
  methods.xClose = LogClose;
  methods.xRead = LogRead;
  methods.xWrite = LogWrite;
  methods.xTruncate = PassBehindWrites<&Methods::xTruncate>;
  methods.xSync = PassBehindWrites<&Methods::xSync>;
  methods.xFileSize = PassBehindWrites<&Methods::xFileSize>;
  methods.xFileControl = PassBehindWrites<&Methods::xFileControl>;
  methods.xShmLock = Pass<&Methods::xShmLock>;
  return methods;
}();

// A log whose last page is written once more behind the sync, as a disk may need that overwrites beyond what it is
// asked to, is not gathered; nor is one without memory.
void BeginLog(Log& log, const char* name) {
  sqlite3_file* file = sqlite3_database_file_object(name);
  if (file->pMethods != &kDatabaseMethods) return;
  sqlite3_file* real = DatabaseOf(file).real;
  if ((real->pMethods->xDeviceCharacteristics(real) & SQLITE_IOCAP_POWERSAFE_OVERWRITE) == 0) return;
  log.database = &DatabaseOf(file);
  log.database->log = &log;
  log.bytes.reset(new (std::nothrow) char[kMostBytes]);
}

int Open(sqlite3_vfs* layer, sqlite3_filename name, sqlite3_file* file, int flags, int* flags_out) {
  auto* below = static_cast<sqlite3_vfs*>(layer->pAppData);
  if ((flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) == 0) return below->xOpen(below, name, file, flags, flags_out);
  file->pMethods = nullptr;
  auto* real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + kOwnBytes);
  real->pMethods = nullptr;
  int code = below->xOpen(below, name, real, flags, flags_out);
  if (code == SQLITE_OK && real->pMethods->iVersion < kDatabaseMethods.iVersion) code = SQLITE_CANTOPEN;
  if (code != SQLITE_OK) {
    if (real->pMethods != nullptr) real->pMethods->xClose(real);
    return code;
  }
  if ((flags & SQLITE_OPEN_WAL) != 0) {
    BeginLog(*new (file) Log{{{&kLogMethods}, real}}, name);
  } else {
    new (file) Database{{{&kDatabaseMethods}, real}};
  }
  return SQLITE_OK;
}

}  // namespace

bool AddLogVfs(const char* name, const char* below) {
  sqlite3_vfs* real = sqlite3_vfs_find(below);
  if (real == nullptr) return false;
  using Layer = sqlite3_vfs;
  auto* layer = new Layer{
      .iVersion = real->iVersion,
      .szOsFile = static_cast<int>(kOwnBytes) + real->szOsFile,
      .mxPathname = real->mxPathname,
      .zName = name,
      .pAppData = real,
      .xOpen = Open,
      .xDelete = PassBelow<&Layer::xDelete>,
      .xAccess = PassBelow<&Layer::xAccess>,
      .xFullPathname = PassBelow<&Layer::xFullPathname>,
      .xDlOpen = PassBelow<&Layer::xDlOpen>,
      .xDlError = PassBelow<&Layer::xDlError>,
      .xDlSym = PassBelow<&Layer::xDlSym>,
      .xDlClose = PassBelow<&Layer::xDlClose>,
      .xRandomness = PassBelow<&Layer::xRandomness>,
      .xSleep = PassBelow<&Layer::xSleep>,
      .xCurrentTime = PassBelow<&Layer::xCurrentTime>,
      .xGetLastError = PassBelow<&Layer::xGetLastError>,
      .xCurrentTimeInt64 = PassBelow<&Layer::xCurrentTimeInt64>,
      .xSetSystemCall = PassBelow<&Layer::xSetSystemCall>,
      .xGetSystemCall = PassBelow<&Layer::xGetSystemCall>,
      .xNextSystemCall = PassBelow<&Layer::xNextSystemCall>,
  };
  return sqlite3_vfs_register(layer, 0) == SQLITE_OK;
}

}  // namespace ashlar::store::sqlite
