// SPDX-License-Identifier: Apache-2.0
#include "app/operator/csv_record.h"

#include "base/utf8.h"

namespace ashlar::app {
namespace {

using Form = CsvColumn::Form;

// Nothing where the cell is no JSON.
std::optional<json::Json> ToValue(const std::string& text, Form form) {
  if (form == Form::kBool && (text == "true" || text == "false")) return json::Json(text == "true");
  if (form != Form::kNumber && form != Form::kJson) return json::Json(text);
  auto parsed = json::Parse(text, {.depth = 64, .bytes = text.size()});
  if (form == Form::kNumber) {
    bool number = parsed && parsed->number() != nullptr && parsed->number()->token == text;
    return number ? std::move(*parsed) : json::Json(text);
  }
  return parsed ? std::optional(std::move(*parsed)) : std::nullopt;
}

}  // namespace

void CsvState::Take(char c) {
  switch (at_) {
    case At::kStart: at_ = c == '"' ? At::kQuoted : c == ',' ? At::kStart : At::kPlain; break;
    case At::kPlain: at_ = c == ',' ? At::kStart : At::kPlain; break;
    case At::kQuoted: at_ = c == '"' ? At::kQuote : At::kQuoted; break;
    case At::kQuote: at_ = c == '"' ? At::kQuoted : c == ',' ? At::kStart : At::kPlain; break;
  }
}

std::expected<std::vector<CsvCell>, std::string> ParseCsvRecord(std::string_view text) {
  if (text.contains('\0')) return std::unexpected("a NUL");
  if (!IsValidUtf8(text)) return std::unexpected("not valid UTF-8");
  std::vector<CsvCell> cells;
  size_t at = 0;
  while (true) {
    CsvCell& cell = cells.emplace_back();
    cell.quoted = at < text.size() && text[at] == '"';
    if (cell.quoted) {
      for (++at;; ++at) {
        size_t quote = text.find('"', at);
        if (quote == std::string_view::npos) return std::unexpected("a quote is not closed");
        cell.text += text.substr(at, quote - at);
        at = quote + 1;
        if (at >= text.size() || text[at] != '"') break;
        cell.text += '"';
      }
    } else {
      cell.text = text.substr(at, text.find(',', at) - at);
      at += cell.text.size();
      if (cell.text.contains('"')) return std::unexpected("a quote within a cell that does not begin with one");
      if (cell.text.contains('\r')) return std::unexpected("a carriage return within a cell without quotes");
    }
    if (at >= text.size()) return cells;
    if (text[at] != ',') return std::unexpected("something stands behind a closing quote");
    ++at;
  }
}

std::expected<json::Json, std::vector<std::string>> ToRow(std::vector<CsvCell> cells,
                                                          const std::vector<CsvColumn>& columns) {
  std::vector<std::string> wrong;
  if (cells.size() != columns.size()) {
    wrong.push_back(fmt::format("the row has {} cells, the first line {}", cells.size(), columns.size()));
    return std::unexpected(std::move(wrong));
  }
  json::Object row;
  for (size_t i = 0; i < cells.size(); ++i) {
    bool absent = cells[i].text.empty() && !cells[i].quoted;
    if (absent || columns[i].form == Form::kNone) continue;
    auto value = ToValue(cells[i].text, columns[i].form);
    if (value) {
      row.push_back({columns[i].field, std::move(*value)});
    } else {
      wrong.push_back(fmt::format("{}: the cell is not JSON", columns[i].field));
    }
  }
  if (!wrong.empty()) return std::unexpected(std::move(wrong));
  return json::Json(std::move(row));
}

}  // namespace ashlar::app
