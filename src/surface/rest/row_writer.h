// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "base/json/writer.h"
#include "call/outcome.h"
#include "model/service.h"

namespace ashlar::surface::rest {

// Where a row stands in an answer, "data[3].lines[0].product": made into a text only where it is told.
struct Place {
  std::string_view name;
  int64_t index = -1;         // in an array; none otherwise
  const Place* in = nullptr;  // outlives it
  std::string Text() const;
};

// Writes rows as JSON objects straight from their cells, and remembers where an include was cut short.
class RowWriter {
 public:
  RowWriter(const model::Service& service, json::Writer& out) : service_(service), out_(out) {}
  virtual ~RowWriter() = default;
  RowWriter(const RowWriter&) = delete;

  void Write(const call::RowSet& set, size_t row, const Place& place);

  const std::vector<std::string>& more() const { return more_; }

 protected:
  // What stands in an object before and behind its fields: here nothing, and the included rows.
  virtual void Before(const call::RowSet&, size_t) {}
  virtual void Behind(const call::RowSet& set, size_t row, const Place& place);
  void WriteIncluded(const call::Included& included, size_t row, const Place& place);

  const model::Service& service_;
  json::Writer& out_;

 private:
  // The names of a set's columns as they stand in JSON, each written once for all of its rows.
  struct Names {
    const call::RowSet* set;
    std::vector<std::string> quoted;
  };
  const std::vector<std::string>& NamesOf(const call::RowSet& set, const model::Resource& resource);

  std::vector<Names> names_;
  std::vector<std::string> more_;
};

// Whether the row shows that column.
bool IsShown(const call::RowSet& set, const call::RowSet::Column& column, size_t row);
// The row's id as paths write it.
std::string IdOf(const model::Resource& resource, const call::RowSet& set, size_t row);
// Members that tell which page it is, and "more" where includes were cut short.
void WritePage(json::Writer& out, const call::PageInfo& page);
void WriteMore(json::Writer& out, std::string_view key, const std::vector<std::string>& more);
// The entries of a history as an array.
void WriteHistory(json::Writer& out, const std::vector<call::HistoryEntry>& history);
// The groups of an aggregate as an array: {"categoryId": ..., "count": 2, "sum": {"price": "30.00"}}.
void WriteGroups(json::Writer& out, const call::GroupSet& groups);
// For the ETag of a shaped answer: a hash of the text.
std::string HashOf(std::string_view text);

}  // namespace ashlar::surface::rest
