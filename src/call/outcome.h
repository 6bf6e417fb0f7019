// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "call/api_error.h"
#include "model/service.h"
#include "types/rows.h"

namespace ashlar::call {

struct Included;

// Rows that a caller may see, with what was included, ready to be encoded.
struct RowSet {
  // A field that is shown: its cell stands at `cell` of a row; where `mask` is set, only if that cell is 1.
  struct Column {
    model::FieldId field;
    uint32_t cell = 0;
    int mask = -1;
  };
  model::ResourceId resource;
  std::vector<Column> columns;      // in the order in which they are shown
  std::vector<uint32_t> key_cells;  // the cells of the id's parts
  bool shows_key = false;           // a composite id, which JSON shows as "id"
  types::Rows rows;
  std::vector<Included> included;
};
struct Included {
  std::string key;  // in the answer: "category", "lines"
  bool to_many = false;
  RowSet set;
  std::vector<std::vector<uint32_t>> of_parent;  // by row of the parent set: its rows in `set`; to-one: none or one
  std::vector<uint32_t> more;  // the parent rows that have more than are here
};

struct PageInfo {
  int64_t page = 1;
  int64_t per_page = 20;
  std::optional<int64_t> total;  // page paging, unless switched off
  bool cursor = false;
  std::optional<std::string> next, previous;  // cursors, where there is more
  bool has_next = false;  // page paging
};

// What an aggregate gives: a row for each group.
struct GroupSet {
  struct Column {
    std::string member;  // of a row: "categoryId", "count", "sum"
    std::string field;   // of a function that has one: {"sum": {"price": ...}}
    types::TypePtr type;
  };
  std::vector<Column> columns;  // the first cells of a row; those of one member stand together
  types::Rows rows;
};

// One entry of a row's audit, newest first. Texts are JSON, or empty for null.
struct HistoryEntry {
  std::string id, action, before, after, caller_id, request_id;
  int64_t version = 0;
  types::Timestamp at;
};

// What came of a Call.
struct Outcome {
  RowSet rows;  // list: the page; otherwise one row, or none (deleted, or not readable)
  std::optional<PageInfo> page;  // of a list, of an aggregate and of a history
  std::optional<GroupSet> groups;  // of an aggregate
  std::vector<HistoryEntry> history;
  bool created = false;  // 201
  int64_t version = 0;  // of the one row
  std::string id;  // of the one row, as paths write it
  bool replayed = false;  // it is what was answered before, under the same Once
  bool shaped = false;  // rules, fields or includes shape the row: its ETag carries a hash
};
// The bytes that it takes, nearly: all that grows with the rows.
size_t SizeOf(const Outcome& outcome);

}  // namespace ashlar::call
