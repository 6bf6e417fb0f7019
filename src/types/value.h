// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace ashlar::types {

// The closed set of kinds: everyone may switch on them, exhaustively.
enum class Kind : uint8_t {
  kBool,
  kInt64,
  kFloat64,
  kDecimal,
  kText,
  kBytes,
  kUuid,
  kDate,
  kTimestamp,
  kDuration,
  kJson,
  kList,
};
const char* NameOf(Kind kind);

// unscaled / 10^scale, exact. At most 38 digits in expressions, 18 in fields. 1.50 equals 1.5 only by Compare.
struct Decimal {
  __int128 unscaled = 0;
  int scale = 0;
  bool operator==(const Decimal&) const = default;
};
struct Bytes {
  std::string data;
  auto operator<=>(const Bytes&) const = default;
};
struct Uuid {
  std::array<uint8_t, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
};
struct Date {
  int32_t days = 0;  // since 1970-01-01, proleptic Gregorian; years 0001 to 9999
  auto operator<=>(const Date&) const = default;
};
struct Timestamp {
  int64_t micros = 0;  // since 1970-01-01T00:00:00Z; years 0001 to 9999
  auto operator<=>(const Timestamp&) const = default;
};
struct Duration {
  int64_t micros = 0;
  auto operator<=>(const Duration&) const = default;
};
struct JsonText {
  std::string text;  // compact JSON, as json::Append writes it
  bool operator==(const JsonText&) const = default;
};
struct Value;
struct List {
  std::vector<Value> items;
  bool operator==(const List&) const;
};
struct Null {
  auto operator<=>(const Null&) const = default;
};

// One datum of a row, a parameter or an expression. == is representation; Compare is the language's order.
struct Value {
  std::variant<Null, bool, int64_t, double, Decimal, std::string, Bytes, Uuid, Date, Timestamp, Duration, JsonText,
               List>
      data;

  Value() = default;
  template <class T>
    requires(!std::is_same_v<std::remove_cvref_t<T>, Value>)
  Value(T&& datum) : data(std::forward<T>(datum)) {}

  bool is_null() const { return data.index() == 0; }
  // REQUIRES: not null.
  Kind kind() const { return static_cast<Kind>(data.index() - 1); }
  template <class T>
  const T* get() const {
    return std::get_if<T>(&data);
  }
  bool operator==(const Value&) const = default;
};
inline bool List::operator==(const List& other) const { return items == other.items; }
using Values = std::vector<Value>;

// The order of the language: null first, then by value; texts by code point, lists by element. Int64, Float64 and
// Decimal compare as numbers. REQUIRES: the same kind otherwise.
std::weak_ordering Compare(const Value& a, const Value& b);

}  // namespace ashlar::types
