// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "buffer.h"
#include "text.h"

namespace ashlar::bench {

// A prepared statement; ends the program where SQLite fails, for nothing that it measured would count.
class Statement {
 public:
  Statement(sqlite3* store, const char* text);
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void Bind(int place, std::string_view text);
  void Bind(int place, const Uuid& id);
  void Bind(int place, int64_t number) { sqlite3_bind_int64(statement_, place, number); }
  bool Step();  // whether there is a row
  void Run() {
    Step();
    sqlite3_reset(statement_);
  }
  void Reset() { sqlite3_reset(statement_); }

  int64_t Number(int column) const { return sqlite3_column_int64(statement_, column); }
  const unsigned char* Bytes(int column) const {
    return static_cast<const unsigned char*>(sqlite3_column_blob(statement_, column));
  }
  std::string_view Text(int column) const;

 private:
  sqlite3_stmt* statement_ = nullptr;
};

struct CloseStore {
  void operator()(sqlite3* store) const { sqlite3_close(store); }
};
using Store = std::unique_ptr<sqlite3, CloseStore>;

Store OpenStore(const std::string& path, bool writes);

[[noreturn]] void Fatal(const std::string& what);

// The loop's own connection. One transaction serves all reads of a turn of the loop, begun anew when something has
// been committed: who was told that a row is written reads it.
class Reader {
 public:
  explicit Reader(const std::string& path);
  void Begin(uint64_t commits);
  void TurnEnds();

  // Whether there is one that the caller sees: its JSON at the end of out, and its version.
  bool Item(const Uuid& id, const Uuid& caller, Buffer& out, int64_t& version);
  void ItemsOf(const Uuid& maker, const Uuid& caller, Buffer& out);
  // With maker and country, from a time on.
  void ItemsSince(std::string_view status, int64_t micros, const Uuid& caller, Buffer& out);

 private:
  Store store_;
  Statement begin_, commit_, item_, of_maker_, since_;
  bool begun_ = false;
  uint64_t commits_ = 0;
};

}  // namespace ashlar::bench
