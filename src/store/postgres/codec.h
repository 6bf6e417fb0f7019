// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "types/rows.h"
#include "types/value.h"

namespace ashlar::store::postgres {

// How each kind lies in PostgreSQL: the one table of it (ARCHITECTURE.md, Equal answers).
//   bool: boolean             int64: bigint                float64: double precision   decimal: numeric
//   text: text                bytes: bytea                 uuid: uuid                  date: date
//   timestamp: timestamptz    duration: bigint (microseconds)                          json: json (the text as it is)
//   list: json (list form, types/list_form.h)

// The number by which PostgreSQL knows a type.
using Oid = uint32_t;
inline constexpr Oid kBoolOid = 16, kByteaOid = 17, kNameOid = 19, kInt8Oid = 20, kInt2Oid = 21, kInt4Oid = 23,
                     kTextOid = 25, kJsonOid = 114, kFloat8Oid = 701, kVarcharOid = 1043, kDateOid = 1082,
                     kTimestamptzOid = 1184, kNumericOid = 1700, kVoidOid = 2278, kUuidOid = 2950, kJsonbOid = 3802;

// The parameters of a statement as libpq takes them: binary, but for numeric, whose text is exact as well. The type of
// a null is 0: the server infers it. May be used again; what it views of the values must live until they are sent.
class Parameters {
 public:
  void Assign(std::span<const types::Value> values);

  int size() const { return static_cast<int>(types_.size()); }
  std::span<const Oid> types() const { return types_; }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  void Add(const types::Value& value);
  void AddNumber(Oid type, uint64_t bits, size_t size);
  void AddText(Oid type, std::string_view text, bool binary = true);

  std::vector<Oid> types_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::vector<std::array<char, 8>> numbers_;  // room for all of them is made before the first
  std::deque<std::string> texts_;
};

// A column of a result, as the server describes it.
struct Column {
  Oid type = 0;
  int32_t modifier = -1;  // of a numeric: precision and scale; -1: it has none
  bool measured = false;  // NaN is an empty text, else an error
};

enum class Decoded : uint8_t {
  kDone,
  kFull,     // the batch of rows is
  kMalformed,  // these are no bytes of such a type
  kRange,    // infinite, not a number, or beyond what the kind holds
  kUnknown,  // a type that is in no row of the table
};

// Appends one datum of a result in binary format, nullopt for null, in the form of types::Cell. A numeric becomes its
// unscaled number: at the scale that the column's type names (columns of tables, casts to numeric(p, s)), at the scale
// with which the value comes where it names none (expressions: round(x, s) gives it); never rounded. One that is wider
// than 64 bits becomes the text of that number. void is null; int2 and int4 are integers like int8; jsonb is the text
// that the server writes.
[[nodiscard]] Decoded AppendDatum(const Column& column, std::optional<std::string_view> bytes, types::Rows& rows);

// What to say where it was not kDone.
Error ErrorOf(Decoded decoded, const Column& column);

}  // namespace ashlar::store::postgres
