// SPDX-License-Identifier: Apache-2.0
// Whatever a server sends for a datum, it is taken as its kind has it, or not at all.
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "store/postgres/codec.h"
#include "types/datetime.h"
#include "types/decimal.h"

namespace ashlar::store::postgres {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

constexpr Oid kTypes[] = {kBoolOid,    kByteaOid, kNameOid,   kInt8Oid,    kInt2Oid, kInt4Oid,
                          kTextOid,    kJsonOid,  kFloat8Oid, kVarcharOid, kDateOid, kTimestamptzOid,
                          kNumericOid, kVoidOid,  kUuidOid,   kJsonbOid};

bool IsWhole(std::string_view text) {
  auto decimal = types::ParseDecimal(text, 0);
  return decimal && types::FormatDecimal(*decimal) == text;
}

void CheckCell(Oid type, std::string_view bytes, const types::Cell& cell) {
  using Tag = types::Cell::Tag;
  if (type == kVoidOid) return Require(cell.tag == Tag::kNull);
  if (type == kFloat8Oid) return Require(cell.tag == Tag::kReal && cell.real - cell.real == 0);
  if (type == kNumericOid && cell.tag == Tag::kText) return Require(IsWhole(cell.text()));
  if (cell.tag == Tag::kText) return Require(bytes.ends_with(cell.text()));
  Require(cell.tag == Tag::kInteger);
  if (type == kBoolOid) Require(cell.integer == 0 || cell.integer == 1);
  if (type == kDateOid) Require(cell.integer >= types::kFirstDate.days && cell.integer <= types::kLastDate.days);
  if (type != kTimestamptzOid) return;
  Require(cell.integer >= types::kFirstTimestamp.micros && cell.integer <= types::kLastTimestamp.micros);
}

}  // namespace
}  // namespace ashlar::store::postgres

// A type, four bytes of a modifier, and the datum.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar::store::postgres;
  if (size < 5) return 0;
  Column column{.type = kTypes[data[0] % std::size(kTypes)]};
  uint32_t modifier = 0;
  for (size_t i = 1; i < 5; ++i) modifier = modifier << 8 | data[i];
  column.modifier = static_cast<int32_t>(modifier);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 5, size - 5);
  ashlar::types::Rows rows(1);
  const Decoded decoded = AppendDatum(column, bytes, rows);
  Require(rows.size() == (decoded == Decoded::kDone ? 1U : 0U));
  if (decoded == Decoded::kDone) {
    CheckCell(column.type, bytes, rows.at(0, 0));
  } else {
    Require(!ErrorOf(decoded, column).message.empty());
  }
  return 0;
}
