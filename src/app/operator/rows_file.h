// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

#include "app/operator/csv_record.h"
#include "app/operator/mistakes.h"
#include "app/operator/source_file.h"
#include "base/json/json.h"

namespace ashlar::app {

constexpr size_t kMostRowBytes = 16 << 20;

// A row as it stands in a file: where its text is, to be read again, and what it says.
struct FileRow {
  FilePlace place;
  bool numbered = false;  // whether place.row counts it in an array
  uint64_t offset = 0;
  uint32_t length = 0;
  json::Json body;
};

// What is found in a file, as it is found. Each may say that nothing more is wanted (false).
class RowSink {
 public:
  virtual ~RowSink() = default;
  // The rows that follow are of this resource.
  virtual bool Resource(FilePlace place, const std::string& name) = 0;
  virtual bool Row(FileRow row) = 0;
  // What the columns of a CSV file are, by their names in its first line.
  virtual std::vector<CsvColumn> Columns(FilePlace place, const std::vector<std::string>& names) = 0;
  // A row of the resource that cannot be read; it goes on behind it.
  virtual bool BadRow(FilePlace place, std::string message) = 0;
  // Nothing behind this place can be read.
  virtual void Stopped(FilePlace place, std::string message) = 0;
};

// Reads {"Resource": [row, ...], ...}, or NDJSON (a row a line, of `resource`, or of the one that the file is named
// for), or CSV likewise (a line of names first), a row at a time. `number` is the file's in FilePlace. A form that is
// not JSON ends a document; NDJSON and CSV go on at the next row.
void ReadRows(const SourceFile& file, size_t number, const std::string& resource, RowSink& sink);

// The row that was found there, from its text.
std::expected<json::Json, json::SyntaxError> ParseRow(std::string_view text);

}  // namespace ashlar::app
