// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "app/operator/rows_file.h"

namespace ashlar::app {

// Reads a CSV file (RFC 4180; commas, UTF-8, lines that end with LF or CRLF), a record at a time. The first line has
// the names of the fields; a line with nothing in it is no row.
void ReadCsv(const SourceFile& file, size_t number, const std::string& resource, RowSink& sink);

}  // namespace ashlar::app
