// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "types/value.h"

namespace ashlar::types {

// One datum of a batch, without ownership: texts point into the batch's arena. Its kind is that of its column.
//   bool, int64, date (days), timestamp, duration (micros), decimal (unscaled, at most 18 digits): integer
//   float64: real.  text, json (compact), bytes, uuid (16 bytes), list (its list form, see types/list_form.h): text
struct Cell {
  enum class Tag : uint8_t { kNull, kInteger, kReal, kText };
  Tag tag = Tag::kNull;
  uint32_t size = 0;
  union {
    int64_t integer = 0;
    double real;
    const char* data;
  };
  bool is_null() const { return tag == Tag::kNull; }
  std::string_view text() const { return {data, size}; }
};

// A batch of rows as a store returns them: `columns` cells a row, row by row. Cells live as long as their batch.
// Not thread safe. Append refuses (false) once the batch holds more than `byte_limit` bytes of text.
class Rows {
 public:
  Rows() = default;
  explicit Rows(size_t columns, size_t byte_limit = 32 << 20) : columns_(columns), byte_limit_(byte_limit) {}

  size_t columns() const { return columns_; }
  size_t size() const { return columns_ == 0 ? 0 : cells_.size() / columns_; }
  bool empty() const { return cells_.empty(); }
  size_t bytes() const { return bytes_ + cells_.size() * sizeof(Cell); }
  const Cell& at(size_t row, size_t column) const { return cells_[row * columns_ + column]; }

  void Reserve(size_t rows) { cells_.reserve(rows * columns_); }
  // Cells are appended row by row, column by column.
  void AppendNull() { cells_.push_back({}); }
  void AppendInteger(int64_t integer);
  void AppendReal(double real);
  [[nodiscard]] bool AppendText(std::string_view text);
  [[nodiscard]] bool Append(const Value& value);  // as a cell of its kind
  void Truncate(size_t rows) { cells_.resize(std::min(cells_.size(), rows * columns_)); }
  void Reverse();  // the order of the rows

 private:
  char* Allocate(size_t size);
  size_t columns_ = 0;
  size_t byte_limit_ = 32 << 20;
  size_t bytes_ = 0;
  std::vector<Cell> cells_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* free_ = nullptr;
  size_t free_size_ = 0;
};

}  // namespace ashlar::types
