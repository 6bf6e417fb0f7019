// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "types/datetime.h"
#include "types/decimal.h"
#include "types/list_form.h"

namespace ashlar::store::postgres {
namespace {

constexpr int64_t kEpochDays = 10'957;  // 2000-01-01, from which PostgreSQL counts
constexpr int64_t kEpochMicros = kEpochDays * types::kMicrosPerDay;

// The first bytes of what the server or we say are the highest.
template <class T>
T Read(std::string_view bytes, size_t at = 0) {
  std::make_unsigned_t<T> number = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    number = static_cast<decltype(number)>(number << 8 | static_cast<uint8_t>(bytes[at + i]));
  }
  return static_cast<T>(number);
}

template <class T>
Decoded AppendInteger(std::string_view bytes, types::Rows& rows) {
  if (bytes.size() != sizeof(T)) return Decoded::kMalformed;
  rows.AppendInteger(Read<T>(bytes));
  return Decoded::kDone;
}

Decoded AppendBool(std::string_view bytes, types::Rows& rows) {
  if (bytes.size() != 1 || static_cast<uint8_t>(bytes[0]) > 1) return Decoded::kMalformed;
  rows.AppendInteger(bytes[0]);
  return Decoded::kDone;
}

Decoded AppendText(std::string_view text, types::Rows& rows) {
  return rows.AppendText(text) ? Decoded::kDone : Decoded::kFull;
}

Decoded AppendFloat(bool measured, std::string_view bytes, types::Rows& rows) {
  if (bytes.size() != 8) return Decoded::kMalformed;
  const auto real = std::bit_cast<double>(Read<uint64_t>(bytes));
  if (measured && std::isnan(real)) return AppendText("", rows);
  if (!std::isfinite(real)) return Decoded::kRange;
  rows.AppendReal(real);
  return Decoded::kDone;
}

Decoded AppendDate(std::string_view bytes, types::Rows& rows) {
  if (bytes.size() != 4) return Decoded::kMalformed;
  const int64_t days = int64_t{Read<int32_t>(bytes)} + kEpochDays;
  if (days < types::kFirstDate.days || days > types::kLastDate.days) return Decoded::kRange;
  rows.AppendInteger(days);
  return Decoded::kDone;
}

Decoded AppendTimestamp(std::string_view bytes, types::Rows& rows) {
  if (bytes.size() != 8) return Decoded::kMalformed;
  const auto since_2000 = Read<int64_t>(bytes);
  const bool within = since_2000 >= types::kFirstTimestamp.micros - kEpochMicros &&
                      since_2000 <= types::kLastTimestamp.micros - kEpochMicros;
  if (!within) return Decoded::kRange;
  rows.AppendInteger(since_2000 + kEpochMicros);
  return Decoded::kDone;
}

// Digits to the base of 10,000, the first of them with the weight 10,000^weight; `scale`: decimals that are shown.
struct Numeric {
  int weight = 0;
  bool negative = false;
  int scale = 0;
  std::string_view digits;  // two bytes each
};

Decoded ReadNumeric(std::string_view bytes, Numeric& numeric) {
  constexpr size_t kHeader = 8;
  constexpr uint16_t kNegative = 0x4000, kInfiniteOrNone = 0xC000;
  if (bytes.size() < kHeader) return Decoded::kMalformed;
  const auto count = Read<uint16_t>(bytes);
  const auto sign = Read<uint16_t>(bytes, 4);
  if ((sign & kInfiniteOrNone) == kInfiniteOrNone) return Decoded::kRange;
  if (bytes.size() != kHeader + size_t{2} * count || (sign != 0 && sign != kNegative)) return Decoded::kMalformed;
  numeric = {.weight = Read<int16_t>(bytes, 2),
             .negative = sign == kNegative,
             .scale = Read<uint16_t>(bytes, 6),
             .digits = bytes.substr(kHeader)};
  return Decoded::kDone;
}

// digit * 10^exponent is added to the sum. False where that is no whole number, or has more than 38 digits.
bool AddDigit(uint16_t digit, int exponent, __int128& sum) {
  if (digit == 0) return true;
  __int128 part = digit;
  if (exponent < 0) {
    if (exponent <= -4) return false;
    const __int128 divisor = types::PowerOfTen(-exponent);
    if (part % divisor != 0) return false;
    part /= divisor;
  } else {
    if (exponent > types::kDecimalDigits) return false;
    if (__builtin_mul_overflow(part, types::PowerOfTen(exponent), &part)) return false;
  }
  return !__builtin_add_overflow(sum, part, &sum) && types::Fits(sum, types::kDecimalDigits);
}

// precision << 16 | scale, the latter in eleven bits with its sign, and four more than that.
int ScaleOf(int32_t modifier) { return (((modifier - 4) & 0x7ff) ^ 0x400) - 0x400; }

Decoded AppendNumeric(const Column& column, std::string_view bytes, types::Rows& rows) {
  constexpr uint16_t kNone = 0xC000;  // for a sign
  if (column.measured && bytes.size() >= 6 && Read<uint16_t>(bytes, 4) == kNone) return AppendText("", rows);
  Numeric numeric;
  if (Decoded read = ReadNumeric(bytes, numeric); read != Decoded::kDone) return read;
  // A type with a negative scale has whole numbers.
  const int scale = column.modifier >= 4 ? std::max(ScaleOf(column.modifier), 0) : numeric.scale;
  __int128 unscaled = 0;
  int exponent = numeric.weight * 4 + scale;
  for (size_t at = 0; at < numeric.digits.size(); at += 2, exponent -= 4) {
    const auto digit = Read<uint16_t>(numeric.digits, at);
    if (digit > 9999) return Decoded::kMalformed;
    if (!AddDigit(digit, exponent, unscaled)) return Decoded::kRange;
  }
  if (numeric.negative) unscaled = -unscaled;
  if (unscaled >= INT64_MIN && unscaled <= INT64_MAX) {
    rows.AppendInteger(static_cast<int64_t>(unscaled));
    return Decoded::kDone;
  }
  return AppendText(types::FormatDecimal({unscaled, 0}), rows);
}

}  // namespace

void Parameters::Assign(std::span<const types::Value> values) {
  types_.clear();
  values_.clear();
  lengths_.clear();
  formats_.clear();
  numbers_.clear();
  texts_.clear();
  numbers_.reserve(values.size());
  for (const types::Value& value : values) Add(value);
}

void Parameters::AddNumber(Oid type, uint64_t bits, size_t size) {
  std::array<char, 8>& room = numbers_.emplace_back();
  for (size_t i = 0; i < size; ++i) room[i] = static_cast<char>(bits >> (8 * (size - 1 - i)));
  AddText(type, {room.data(), size});
}

void Parameters::AddText(Oid type, std::string_view text, bool binary) {
  types_.push_back(type);
  values_.push_back(text.data() == nullptr ? "" : text.data());  // a null pointer would be a null
  lengths_.push_back(static_cast<int>(text.size()));
  formats_.push_back(binary ? 1 : 0);
}

void Parameters::Add(const types::Value& value) {
  if (value.is_null()) {
    AddText(0, {});
    values_.back() = nullptr;
    return;
  }
  switch (value.kind()) {
    case types::Kind::kBool: return AddNumber(kBoolOid, *value.get<bool>() ? 1 : 0, 1);
    case types::Kind::kInt64: return AddNumber(kInt8Oid, static_cast<uint64_t>(*value.get<int64_t>()), 8);
    case types::Kind::kFloat64: return AddNumber(kFloat8Oid, std::bit_cast<uint64_t>(*value.get<double>()), 8);
    case types::Kind::kDecimal:
      return AddText(kNumericOid, texts_.emplace_back(types::FormatDecimal(*value.get<types::Decimal>())), false);
    case types::Kind::kText: return AddText(kTextOid, *value.get<std::string>());
    case types::Kind::kBytes: return AddText(kByteaOid, value.get<types::Bytes>()->data);
    case types::Kind::kUuid: {
      const auto& bytes = value.get<types::Uuid>()->bytes;
      return AddText(kUuidOid, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    }
    case types::Kind::kDate:
      return AddNumber(kDateOid, static_cast<uint64_t>(value.get<types::Date>()->days - kEpochDays), 4);
    case types::Kind::kTimestamp:
      return AddNumber(kTimestamptzOid, static_cast<uint64_t>(value.get<types::Timestamp>()->micros - kEpochMicros), 8);
    case types::Kind::kDuration:
      return AddNumber(kInt8Oid, static_cast<uint64_t>(value.get<types::Duration>()->micros), 8);
    case types::Kind::kJson: return AddText(kJsonOid, value.get<types::JsonText>()->text);
    case types::Kind::kList:
      return AddText(kJsonOid, texts_.emplace_back(types::ToListForm(*value.get<types::List>())));
  }
}

Decoded AppendDatum(const Column& column, std::optional<std::string_view> bytes, types::Rows& rows) {
  if (!bytes || column.type == kVoidOid) {
    rows.AppendNull();
    return Decoded::kDone;
  }
  switch (column.type) {
    case kBoolOid: return AppendBool(*bytes, rows);
    case kInt2Oid: return AppendInteger<int16_t>(*bytes, rows);
    case kInt4Oid: return AppendInteger<int32_t>(*bytes, rows);
    case kInt8Oid: return AppendInteger<int64_t>(*bytes, rows);
    case kFloat8Oid: return AppendFloat(column.measured, *bytes, rows);
    case kNumericOid: return AppendNumeric(column, *bytes, rows);
    case kTextOid:
    case kVarcharOid:
    case kNameOid:
    case kByteaOid:
    case kJsonOid: return AppendText(*bytes, rows);
    case kJsonbOid:  // a version, and then the text
      return bytes->starts_with('\1') ? AppendText(bytes->substr(1), rows) : Decoded::kMalformed;
    case kUuidOid: return bytes->size() == 16 ? AppendText(*bytes, rows) : Decoded::kMalformed;
    case kDateOid: return AppendDate(*bytes, rows);
    case kTimestamptzOid: return AppendTimestamp(*bytes, rows);
    default: return Decoded::kUnknown;
  }
}

Error ErrorOf(Decoded decoded, const Column& column) {
  switch (decoded) {
    case Decoded::kDone: break;
    case Decoded::kFull:
      return {ErrorKind::kTooLarge, "the rows that this needs are too large together; ask for fewer, or fewer fields"};
    case Decoded::kMalformed:
      return {ErrorKind::kInternal, fmt::format("postgres: what it sends is no datum of type {}", column.type)};
    case Decoded::kRange:
      return {ErrorKind::kInternal,
              fmt::format("postgres: a datum of type {} is beyond what is kept of such", column.type)};
    case Decoded::kUnknown:
      return {ErrorKind::kInternal, fmt::format("postgres: a column of type {} cannot be read", column.type)};
  }
  return {ErrorKind::kInternal, "postgres: nothing is wrong with a datum"};
}

}  // namespace ashlar::store::postgres
