// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "base/json/json.h"

namespace ashlar::app {

// One row of a file to be loaded, and where it stands.
struct FileRow {
  std::string file;
  int line = 1;
  std::string resource;
  json::Json body;
};
struct FileMistake {
  std::string file;
  int line = 1;
  std::string message;
};

// What stands in some files: the resources they name, with or without rows, the rows, and what could not be read.
struct FileContents {
  std::vector<std::pair<std::string, std::string>> resources;  // file, name
  std::vector<FileRow> rows;
  std::vector<FileMistake> mistakes;
};

// Reads {"Resource": [row, ...], ...}, or NDJSON (a row a line, of the resource that the file is named for). What
// is there is appended; nothing is read beyond a mistake in the form of JSON, but NDJSON goes on at the next line.
void ReadRows(const std::string& path, const std::string& text, FileContents& contents);

}  // namespace ashlar::app
