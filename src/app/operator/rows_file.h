// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <string>
#include <vector>

#include "base/json/json.h"

namespace ashlar::app {

// A line of one of the files, in the order of their reading.
struct FilePlace {
  size_t file = 0;  // in FileContents::paths
  int line = 1;
  auto operator<=>(const FilePlace&) const = default;
};
struct FileRow {
  FilePlace place;
  std::string resource;
  json::Json body;
};
struct FileMistake {
  FilePlace place;
  std::string message;
  auto operator<=>(const FileMistake&) const = default;
};

// What stands in some files: the resources they name, with or without rows, the rows, and what could not be read.
struct FileContents {
  std::vector<std::string> paths;
  std::vector<std::pair<FilePlace, std::string>> resources;
  std::vector<FileRow> rows;
  std::vector<FileMistake> mistakes;
};

// Reads {"Resource": [row, ...], ...}, or NDJSON (a row a line, of `resource`, or of the one that the file is named
// for). What is there is appended; nothing is read beyond a mistake in the form of JSON, but NDJSON goes on at the next
// line.
void ReadRows(const std::string& path, const std::string& text, const std::string& resource, FileContents& contents);

}  // namespace ashlar::app
