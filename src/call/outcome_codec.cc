// SPDX-License-Identifier: Apache-2.0
#include "call/outcome_codec.h"

#include <algorithm>
#include <bit>
#include <climits>
#include <cstring>

#include "types/aggregate_types.h"

namespace ashlar::call {
namespace {

using types::Cell;

constexpr uint8_t kFormat = 2;
constexpr int64_t kMaxColumns = 10'000;
constexpr int kMaxDepth = 8;  // of what is included

class Encoder {
 public:
  Encoder(const model::Service& service, std::string& out) : service_(service), out_(out) {}

  void Put(const Outcome& outcome) {
    Put(outcome.rows);
    Flag(outcome.page.has_value());
    if (outcome.page) Put(*outcome.page);
    Flag(outcome.groups.has_value());
    if (outcome.groups) Put(*outcome.groups);
    Number(outcome.history.size());
    for (const HistoryEntry& entry : outcome.history) Put(entry);
    Flag(outcome.created);
    Number(outcome.version);
    Text(outcome.id);
    Flag(outcome.shaped);
  }
  void Byte(uint8_t byte) { out_ += static_cast<char>(byte); }
  template <class Integer>
  void Number(Integer number) {
    auto wide = static_cast<int64_t>(number);
    char bytes[sizeof wide];
    std::memcpy(bytes, &wide, sizeof wide);
    out_.append(bytes, sizeof bytes);
  }

 private:
  void Flag(bool flag) { Byte(flag ? 1 : 0); }
  void Text(std::string_view text) {
    Number(text.size());
    out_ += text;
  }
  void OptionalText(const std::optional<std::string>& text) {
    Flag(text.has_value());
    if (text) Text(*text);
  }

  void Put(const PageInfo& page) {
    Number(page.page);
    Number(page.per_page);
    Number(page.total.value_or(-1));
    Flag(page.cursor);
    OptionalText(page.next);
    OptionalText(page.previous);
    Flag(page.has_next);
  }

  void Put(const HistoryEntry& entry) {
    for (const std::string* text :
         {&entry.id, &entry.action, &entry.before, &entry.after, &entry.caller_id, &entry.request_id}) {
      Text(*text);
    }
    Number(entry.version);
    Number(entry.at.micros);
  }

  void Put(const Cell& cell) {
    Byte(static_cast<uint8_t>(cell.tag));
    switch (cell.tag) {
      case Cell::Tag::kNull: return;
      case Cell::Tag::kInteger: return Number(cell.integer);
      case Cell::Tag::kReal: return Number(std::bit_cast<int64_t>(cell.real));
      case Cell::Tag::kText: return Text(cell.text());
    }
  }

  void Put(const types::Rows& rows) {
    Number(rows.columns());
    Number(rows.size());
    for (size_t row = 0; row < rows.size(); ++row) {
      for (size_t column = 0; column < rows.columns(); ++column) Put(rows.at(row, column));
    }
  }

  void Put(const GroupSet& groups) {
    Number(groups.columns.size());
    for (const GroupSet::Column& column : groups.columns) {
      Text(column.member);
      Text(column.field);
      Text(column.type->name());
      Number(column.type->scale());
    }
    Put(groups.rows);
  }

  void Put(const RowSet& set) {
    Text(set.resource.valid() ? std::string_view(service_.resource(set.resource).name) : std::string_view());
    Number(set.columns.size());
    for (const RowSet::Column& column : set.columns) {
      const model::Field& field = service_.resource(set.resource).field(column.field);
      Text(field.name);
      Byte(static_cast<uint8_t>(field.type->kind()));
      Number(column.cell);
      Number(column.mask);
    }
    Numbers(set.key_cells);
    Flag(set.shows_key);
    Put(set.rows);
    Number(set.included.size());
    for (const Included& included : set.included) {
      Text(included.key);
      Flag(included.to_many);
      Put(included.set);
      Number(included.of_parent.size());
      for (const auto& rows : included.of_parent) Numbers(rows);
      Numbers(included.more);
    }
  }

  void Numbers(const std::vector<uint32_t>& numbers) {
    Number(numbers.size());
    for (uint32_t number : numbers) Number(number);
  }

  const model::Service& service_;
  std::string& out_;
};

// Whether cells of that kind have that tag.
bool Fits(types::Kind kind, Cell::Tag tag) {
  switch (kind) {
    case types::Kind::kBool:
    case types::Kind::kInt64:
    case types::Kind::kDecimal:
    case types::Kind::kDate:
    case types::Kind::kTimestamp:
    case types::Kind::kDuration: return tag == Cell::Tag::kInteger;
    case types::Kind::kFloat64: return tag == Cell::Tag::kReal;
    case types::Kind::kText:
    case types::Kind::kBytes:
    case types::Kind::kUuid:
    case types::Kind::kJson:
    case types::Kind::kList: return tag == Cell::Tag::kText;
  }
  return false;
}

// Reads what Encoder wrote; `ok` once and for all false where it did not.
class Decoder {
 public:
  Decoder(const model::Service& service, std::string_view in) : service_(service), in_(in) {}

  bool ok() const { return ok_; }
  bool at_end() const { return in_.empty(); }
  uint8_t Byte() {
    if (in_.empty()) return Wrong(), uint8_t{0};
    auto byte = static_cast<uint8_t>(in_.front());
    in_.remove_prefix(1);
    return byte;
  }
  int64_t Number() {
    int64_t number = 0;
    if (in_.size() < sizeof number) return Wrong(), 0;
    std::memcpy(&number, in_.data(), sizeof number);
    in_.remove_prefix(sizeof number);
    return number;
  }
  // How many of something follow: each takes a byte at least.
  size_t Count() {
    int64_t count = Number();
    if (count < 0 || static_cast<size_t>(count) > in_.size()) return Wrong(), size_t{0};
    return static_cast<size_t>(count);
  }

  Outcome One() {
    Outcome outcome;
    outcome.rows = Set(0);
    if (Flag()) outcome.page = Page();
    if (Flag()) outcome.groups = Groups();
    for (size_t count = Count(); ok_ && count > 0; --count) outcome.history.push_back(Entry());
    outcome.created = Flag();
    outcome.version = Number();
    outcome.id = Text();
    outcome.shaped = Flag();
    return outcome;
  }

 private:
  void Wrong() {
    ok_ = false;
    in_ = {};
  }
  bool Flag() { return Byte() != 0; }
  std::string_view View() {
    size_t size = Count();
    std::string_view text = in_.substr(0, size);
    in_.remove_prefix(size);
    return text;
  }
  std::string Text() { return std::string(View()); }
  std::optional<std::string> OptionalText() { return Flag() ? std::optional(Text()) : std::nullopt; }

  PageInfo Page() {
    PageInfo page;
    page.page = Number();
    page.per_page = Number();
    if (int64_t total = Number(); total >= 0) page.total = total;
    page.cursor = Flag();
    page.next = OptionalText();
    page.previous = OptionalText();
    page.has_next = Flag();
    if (page.per_page < 1) Wrong();
    return page;
  }

  HistoryEntry Entry() {
    HistoryEntry entry;
    for (std::string* text :
         {&entry.id, &entry.action, &entry.before, &entry.after, &entry.caller_id, &entry.request_id}) {
      *text = Text();
    }
    entry.version = Number();
    entry.at = types::Timestamp{Number()};
    return entry;
  }

  std::vector<uint32_t> Numbers(size_t below) {
    std::vector<uint32_t> numbers;
    for (size_t count = Count(); ok_ && count > 0; --count) {
      int64_t number = Number();
      if (number < 0 || static_cast<size_t>(number) >= below) Wrong();
      numbers.push_back(static_cast<uint32_t>(number));
    }
    return numbers;
  }

  struct Column {
    std::string field;
    types::Kind kind;
    RowSet::Column column;
  };

  Column ReadColumn() {
    Column read;
    read.field = Text();
    uint8_t kind = Byte();
    if (kind > static_cast<uint8_t>(types::Kind::kList)) Wrong();
    read.kind = static_cast<types::Kind>(kind);
    read.column.cell = static_cast<uint32_t>(Number());
    read.column.mask = static_cast<int>(Number());
    return read;
  }

  types::Rows Rows() {
    int64_t width = Number();
    if (width < 0 || width > kMaxColumns) Wrong();
    auto columns = ok_ ? static_cast<size_t>(width) : 0;
    types::Rows rows(columns);
    size_t count = Count();
    if (columns > 0 && count > in_.size() / columns) Wrong();
    for (size_t cell = 0; ok_ && cell < columns * count; ++cell) {
      uint8_t tag = Byte();
      if (tag == static_cast<uint8_t>(Cell::Tag::kNull)) {
        rows.AppendNull();
      } else if (tag == static_cast<uint8_t>(Cell::Tag::kInteger)) {
        rows.AppendInteger(Number());
      } else if (tag == static_cast<uint8_t>(Cell::Tag::kReal)) {
        rows.AppendReal(std::bit_cast<double>(Number()));
      } else if (tag != static_cast<uint8_t>(Cell::Tag::kText) || !rows.AppendText(View())) {
        Wrong();
      }
    }
    return rows;
  }

  GroupSet Groups() {
    GroupSet groups;
    for (size_t count = Count(); ok_ && count > 0; --count) {
      GroupSet::Column& column = groups.columns.emplace_back();
      column.member = Text();
      column.field = Text();
      std::string type = Text();
      column.type = types::TypeThatWrites(type, static_cast<int>(std::clamp<int64_t>(Number(), -1, INT_MAX)));
      if (column.type == nullptr) Wrong();
    }
    groups.rows = Rows();
    for (size_t i = 0; ok_ && i < groups.columns.size(); ++i) {
      if (!Shows(groups.rows, i, *groups.columns[i].type)) Wrong();
    }
    return groups;
  }

  // A decimal may be wider than an integer: then it is a text.
  static bool Shows(const types::Rows& rows, size_t column, const types::Type& type) {
    if (type.kind() != types::Kind::kDecimal) return HasKind(rows, column, type.kind());
    if (column >= rows.columns()) return false;
    for (size_t row = 0; row < rows.size(); ++row) {
      const Cell& cell = rows.at(row, column);
      if (!cell.is_null() && (cell.tag == Cell::Tag::kReal || type.ToValue(cell).is_null())) return false;
    }
    return true;
  }

  RowSet Set(int depth) {
    RowSet set;
    if (depth > kMaxDepth) Wrong();
    std::string resource = Text();
    std::vector<Column> columns;
    for (size_t count = Count(); ok_ && count > 0; --count) columns.push_back(ReadColumn());
    set.key_cells = Numbers(UINT32_MAX);
    set.shows_key = Flag();
    set.rows = Rows();
    for (size_t count = Count(); ok_ && count > 0; --count) {
      Included included = ReadIncluded(set.rows.size(), depth);
      if (included.set.resource.valid()) set.included.push_back(std::move(included));
    }
    if (!ok_ || resource.empty()) return RowSet();
    set.resource = service_.FindResource(resource);
    if (!set.resource.valid()) return RowSet();
    TakeColumns(columns, set);
    return set;
  }

  Included ReadIncluded(size_t parents, int depth) {
    Included included;
    included.key = Text();
    included.to_many = Flag();
    included.set = Set(depth + 1);
    size_t rows = included.set.rows.size();
    size_t count = Count();
    if (count != parents) Wrong();
    for (; ok_ && count > 0; --count) {
      // What is no longer there has no rows to speak of.
      included.of_parent.push_back(Numbers(included.set.resource.valid() ? rows : SIZE_MAX));
    }
    included.more = Numbers(std::max<size_t>(parents, 1));
    return included;
  }

  // The columns that still stand for fields; whatever is shown must be of its kind.
  void TakeColumns(const std::vector<Column>& columns, RowSet& set) {
    const model::Resource& resource = service_.resource(set.resource);
    size_t width = set.rows.columns();
    bool keyed = set.key_cells.size() == resource.key.size();
    for (size_t i = 0; keyed && i < set.key_cells.size(); ++i) {
      keyed = HasKind(set.rows, set.key_cells[i], resource.field(resource.key[i]).type->kind());
    }
    if (!keyed) return Wrong();
    for (const Column& read : columns) {
      RowSet::Column column = read.column;
      if (column.cell >= width || column.mask < -1 || column.mask >= static_cast<int>(width)) return Wrong();
      if (column.mask >= 0 && !HasKind(set.rows, static_cast<size_t>(column.mask), types::Kind::kBool)) return Wrong();
      column.field = resource.FindField(read.field);
      if (!column.field.valid() || resource.field(column.field).type->kind() != read.kind) continue;
      if (!HasKind(set.rows, column.cell, read.kind)) return Wrong();
      set.columns.push_back(column);
    }
  }

  static bool HasKind(const types::Rows& rows, size_t column, types::Kind kind) {
    if (column >= rows.columns()) return false;
    for (size_t row = 0; row < rows.size(); ++row) {
      const Cell& cell = rows.at(row, column);
      if (!cell.is_null() && !Fits(kind, cell.tag)) return false;
    }
    return true;
  }

  const model::Service& service_;
  std::string_view in_;
  bool ok_ = true;
};

}  // namespace

std::string EncodeOutcomes(const model::Service& service, std::span<const Outcome> outcomes) {
  std::string out;
  Encoder encoder(service, out);
  encoder.Byte(kFormat);
  encoder.Number(outcomes.size());
  for (const Outcome& outcome : outcomes) encoder.Put(outcome);
  return out;
}

std::optional<std::vector<Outcome>> DecodeOutcomes(const model::Service& service, std::string_view bytes) {
  Decoder decoder(service, bytes);
  if (decoder.Byte() != kFormat) return std::nullopt;
  std::vector<Outcome> outcomes;
  for (size_t count = decoder.Count(); decoder.ok() && count > 0; --count) outcomes.push_back(decoder.One());
  if (!decoder.ok() || !decoder.at_end()) return std::nullopt;
  return outcomes;
}

}  // namespace ashlar::call
