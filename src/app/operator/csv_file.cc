// SPDX-License-Identifier: Apache-2.0
#include "app/operator/csv_file.h"

#include <set>

#include "app/operator/text_taker.h"

namespace ashlar::app {
namespace {

constexpr size_t kMostColumns = 1000;

class Records : TextTaker {
 public:
  using TextTaker::TextTaker;

  void Read(const std::string& resource) {
    bool more = sink_.Resource({number_, 1, 0}, resource) && Header();
    while (more && TakeRecord()) more = Row();
    if (!reader_.trouble().empty()) StopAt(Here(), "");
  }

 private:
  // False at the end of the file.
  bool TakeRecord() {
    while (reader_.Peek() >= 0) {
      Begin();
      CsvState state;
      for (int next = reader_.Peek(); next >= 0 && !(next == '\n' && state.outside()); next = reader_.Peek()) {
        state.Take(static_cast<char>(next));
        Take();
      }
      if (reader_.Peek() == '\n') reader_.Advance();
      if (text_.ends_with('\r') && state.outside() && !TooLarge()) {
        text_.pop_back();
        --size_;
      }
      if (size_ > 0) return true;
    }
    return false;
  }

  bool Header() {
    if (!TakeRecord()) return StopAt(Here(), "the first line must have the names of the fields");
    if (TooLarge()) return StopAt(place_, TooLargeText());
    auto cells = ParseCsvRecord(text_);
    if (!cells) return StopAt(place_, cells.error());
    if (cells->size() > kMostColumns)
      return StopAt(place_, fmt::format("there are more than {} columns", kMostColumns));
    std::vector<std::string> names;
    std::set<std::string> seen;
    std::string wrong;
    for (CsvCell& cell : *cells) {
      std::string what;
      if (cell.text.empty()) what = fmt::format("column {} has no name", names.size() + 1);
      if (!seen.insert(cell.text).second) what = fmt::format("the column '{}' stands twice", cell.text);
      if (!what.empty()) wrong += (wrong.empty() ? "" : "; ") + what;
      names.push_back(std::move(cell.text));
    }
    if (!wrong.empty()) return StopAt(place_, wrong);
    columns_ = sink_.Columns(place_, names);
    return true;
  }

  bool Row() {
    if (TooLarge()) return sink_.BadRow(place_, TooLargeText());
    auto cells = ParseCsvRecord(text_);
    if (!cells) return sink_.BadRow(place_, cells.error());
    auto body = ToRow(std::move(*cells), columns_);
    if (body) return sink_.Row({place_, false, offset_, static_cast<uint32_t>(size_), std::move(*body)});
    bool more = true;
    for (std::string& message : body.error()) more = sink_.BadRow(place_, std::move(message)) && more;
    return more;
  }

  std::vector<CsvColumn> columns_;
};

}  // namespace

void ReadCsv(const SourceFile& file, size_t number, const std::string& resource, RowSink& sink) {
  Records(file, number, sink).Read(resource);
}

}  // namespace ashlar::app
