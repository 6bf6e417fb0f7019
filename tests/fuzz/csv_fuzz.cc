// SPDX-License-Identifier: Apache-2.0
// Records are cut where the parser says that they end, and what was read, written with every cell in quotes, is read
// again as it was.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "app/operator/csv_record.h"

using namespace ashlar::app;

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

std::string Quoted(const std::vector<CsvCell>& cells) {
  std::string text;
  for (const CsvCell& cell : cells) {
    if (&cell != &cells.front()) text += ',';
    text += '"';
    for (char c : cell.text) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    text += '"';
  }
  return text;
}

void CheckRecord(std::string_view record) {
  auto cells = ParseCsvRecord(record);
  if (!cells) return Require(!cells.error().empty());
  Require(!cells->empty());
  std::string written = Quoted(*cells);
  CsvState state;
  for (char c : written) {
    Require(c != '\n' || !state.outside());
    state.Take(c);
  }
  Require(state.outside());
  auto again = ParseCsvRecord(written);
  Require(again && again->size() == cells->size());
  std::vector<CsvColumn> columns;
  for (size_t i = 0; i < cells->size(); ++i) {
    Require((*again)[i].text == (*cells)[i].text);
    columns.push_back({"c" + std::to_string(i), static_cast<CsvColumn::Form>(i % 5)});
  }
  auto row = ToRow(std::move(*cells), columns);
  Require(row ? row->object() != nullptr : !row.error().empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  CsvState state;
  size_t begin = 0;
  for (size_t i = 0; i < size; ++i) {
    if (text[i] == '\n' && state.outside()) {
      CheckRecord(text.substr(begin, i - begin));
      begin = i + 1;
      state = {};
    } else {
      state.Take(text[i]);
    }
  }
  CheckRecord(text.substr(begin));
  return 0;
}
