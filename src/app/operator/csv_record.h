// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"

namespace ashlar::app {

// Where the reader of a record stands (RFC 4180): quotes count only where they begin a cell.
class CsvState {
 public:
  // Whether a line feed here ends the record.
  bool outside() const { return at_ != At::kQuoted; }
  void Take(char c);

 private:
  enum class At : uint8_t { kStart, kPlain, kQuoted, kQuote };  // kQuote: behind one that closes, or is doubled
  At at_ = At::kStart;
};

struct CsvCell {
  std::string text;
  bool quoted = false;  // an empty one that is not is no value
  bool operator==(const CsvCell&) const = default;
};
// The cells of a record without its line end, or what is wrong with it.
std::expected<std::vector<CsvCell>, std::string> ParseCsvRecord(std::string_view text);

// The field that a column holds, and how its cells are read; kNone: it is left out.
struct CsvColumn {
  enum class Form : uint8_t { kNone, kText, kNumber, kBool, kJson };
  std::string field;
  Form form = Form::kText;
};
// The cells as the row that JSON would have written, or all that is wrong with them. What is no number and no bool
// stays a text, which the field refuses.
std::expected<json::Json, std::vector<std::string>> ToRow(std::vector<CsvCell> cells,
                                                          const std::vector<CsvColumn>& columns);

}  // namespace ashlar::app
