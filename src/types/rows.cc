// SPDX-License-Identifier: Apache-2.0
#include "types/rows.h"

#include <cstring>

#include "types/list_form.h"

namespace ashlar::types {

namespace {
constexpr size_t kFirstBlock = 1000;  // what glibc hands out at once, without a look into its bins
constexpr size_t kLargestBlock = 256 << 10;
}  // namespace

void Rows::AppendInteger(int64_t integer) {
  Cell& cell = cells_.emplace_back();
  cell.tag = Cell::Tag::kInteger;
  cell.integer = integer;
}

void Rows::AppendReal(double real) {
  Cell& cell = cells_.emplace_back();
  cell.tag = Cell::Tag::kReal;
  cell.real = real;
}

bool Rows::AppendText(std::string_view text) {
  if (text.size() > UINT32_MAX || text.size() > byte_limit_ - bytes_) return false;
  char* place = Allocate(text.size());
  if (!text.empty()) std::memcpy(place, text.data(), text.size());
  bytes_ += text.size();
  Cell& cell = cells_.emplace_back();
  cell.tag = Cell::Tag::kText;
  cell.size = static_cast<uint32_t>(text.size());
  cell.data = place;
  return true;
}

bool Rows::Append(const Value& value) {
  if (value.is_null()) return AppendNull(), true;
  switch (value.kind()) {
    case Kind::kBool: return AppendInteger(*value.get<bool>() ? 1 : 0), true;
    case Kind::kInt64: return AppendInteger(*value.get<int64_t>()), true;
    case Kind::kFloat64: return AppendReal(*value.get<double>()), true;
    case Kind::kDecimal: return AppendInteger(static_cast<int64_t>(value.get<Decimal>()->unscaled)), true;
    case Kind::kDate: return AppendInteger(value.get<Date>()->days), true;
    case Kind::kTimestamp: return AppendInteger(value.get<Timestamp>()->micros), true;
    case Kind::kDuration: return AppendInteger(value.get<Duration>()->micros), true;
    case Kind::kText: return AppendText(*value.get<std::string>());
    case Kind::kBytes: return AppendText(value.get<Bytes>()->data);
    case Kind::kJson: return AppendText(value.get<JsonText>()->text);
    case Kind::kList: return AppendText(ToListForm(*value.get<List>()));
    case Kind::kUuid: {
      const auto& bytes = value.get<Uuid>()->bytes;
      return AppendText({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
  }
  return false;
}

char* Rows::Allocate(size_t size) {
  if (size > free_size_ || free_ == nullptr) {
    size_t next = std::min(kLargestBlock, kFirstBlock << std::min<size_t>(blocks_.size(), 6));
    if (size > next / 2) {
      // Long texts get a block of their own, and what is left of the last one stays in use.
      return blocks_.emplace_back(std::make_unique_for_overwrite<char[]>(std::max<size_t>(size, 1))).get();
    }
    free_ = blocks_.emplace_back(std::make_unique_for_overwrite<char[]>(next)).get();
    free_size_ = next;
  }
  char* place = free_;
  free_ += size;
  free_size_ -= size;
  return place;
}

void Rows::Reverse() {
  for (size_t low = 0, high = size(); low + 1 < high; ++low) {
    --high;
    auto row = cells_.begin() + static_cast<ptrdiff_t>(low * columns_);
    std::swap_ranges(row, row + static_cast<ptrdiff_t>(columns_),
                     cells_.begin() + static_cast<ptrdiff_t>(high * columns_));
  }
}

}  // namespace ashlar::types
