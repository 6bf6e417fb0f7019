// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstring>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "types/type.h"

namespace ashlar::types {

// How the kind of T is kept in a cell, and what a writer of T looks at: no copy of a text is made on the way out.
template <class T>
struct KindOf;
template <>
struct KindOf<bool> {
  static constexpr Kind kKind = Kind::kBool;
  using View = bool;
  static bool FromCell(const Cell& cell, int) { return cell.integer != 0; }
};
template <>
struct KindOf<int64_t> {
  static constexpr Kind kKind = Kind::kInt64;
  using View = int64_t;
  static int64_t FromCell(const Cell& cell, int) { return cell.integer; }
};
template <>
struct KindOf<double> {
  static constexpr Kind kKind = Kind::kFloat64;
  using View = double;
  static double FromCell(const Cell& cell, int) { return cell.real; }
};
template <>
struct KindOf<Decimal> {
  static constexpr Kind kKind = Kind::kDecimal;
  using View = Decimal;
  static Decimal FromCell(const Cell& cell, int scale) { return {cell.integer, scale}; }
};
template <>
struct KindOf<std::string> {
  static constexpr Kind kKind = Kind::kText;
  using View = std::string_view;
  static std::string_view FromCell(const Cell& cell, int) { return cell.text(); }
  static std::string_view ToView(const std::string& text) { return text; }
};
template <>
struct KindOf<Bytes> {
  static constexpr Kind kKind = Kind::kBytes;
  using View = std::string_view;
  static std::string_view FromCell(const Cell& cell, int) { return cell.text(); }
  static std::string_view ToView(const Bytes& bytes) { return bytes.data; }
};
template <>
struct KindOf<JsonText> {
  static constexpr Kind kKind = Kind::kJson;
  using View = std::string_view;
  static std::string_view FromCell(const Cell& cell, int) { return cell.text(); }
  static std::string_view ToView(const JsonText& json) { return json.text; }
};
template <>
struct KindOf<Uuid> {
  static constexpr Kind kKind = Kind::kUuid;
  using View = Uuid;
  static Uuid FromCell(const Cell& cell, int) {
    Uuid uuid;
    std::memcpy(uuid.bytes.data(), cell.data, std::min<size_t>(cell.size, uuid.bytes.size()));
    return uuid;
  }
};
template <>
struct KindOf<Date> {
  static constexpr Kind kKind = Kind::kDate;
  using View = Date;
  static Date FromCell(const Cell& cell, int) { return {static_cast<int32_t>(cell.integer)}; }
};
template <>
struct KindOf<Timestamp> {
  static constexpr Kind kKind = Kind::kTimestamp;
  using View = Timestamp;
  static Timestamp FromCell(const Cell& cell, int) { return {cell.integer}; }
};
template <>
struct KindOf<Duration> {
  static constexpr Kind kKind = Kind::kDuration;
  using View = Duration;
  static Duration FromCell(const Cell& cell, int) { return {cell.integer}; }
};

// A scalar type over the kind of T. What is left to say: how it reads (form alone), what it checks (bounds, and form
// of what an expression made), and how it writes.
template <class T>
class TypedOver : public Type {
 public:
  using View = typename KindOf<T>::View;
  template <class U>
  using Read = std::expected<U, FieldError>;

  Kind kind() const final { return KindOf<T>::kKind; }

  std::expected<Value, FieldErrors> Parse(const json::Json& input) const final {
    Read<T> read = ReadJson(input);
    if (!read) return std::unexpected(FieldErrors{std::move(read).error()});
    if (FieldErrors errors = Check(ViewOf(*read)); !errors.empty()) return std::unexpected(std::move(errors));
    return Value{std::move(*read)};
  }
  std::expected<Value, FieldError> ParseSought(const json::Json& input) const final {
    Read<T> read = ReadJson(input);
    if (!read) return std::unexpected(std::move(read).error());
    return Value{std::move(*read)};
  }
  std::expected<Value, FieldError> ParseText(std::string_view input) const final {
    Read<T> read = ReadText(input);
    if (!read) return std::unexpected(std::move(read).error());
    return Value{std::move(*read)};
  }
  FieldErrors Validate(const Value& value) const final { return Check(ViewOf(*value.get<T>())); }

  void Format(const Cell& cell, json::Writer& out) const final { Write(KindOf<T>::FromCell(cell, scale()), out); }
  void Format(const Value& value, json::Writer& out) const final { Write(ViewOf(*value.get<T>()), out); }
  Value ToValue(const Cell& cell) const final {
    if (cell.is_null()) return {};
    View view = KindOf<T>::FromCell(cell, scale());
    if constexpr (std::is_same_v<View, T>) {
      return view;
    } else {
      return T{std::string(view)};
    }
  }

 protected:
  virtual Read<T> ReadJson(const json::Json& input) const = 0;
  virtual Read<T> ReadText(std::string_view input) const = 0;
  virtual FieldErrors Check(View value) const = 0;
  virtual void Write(View value, json::Writer& out) const = 0;

 private:
  static View ViewOf(const T& value) {
    if constexpr (std::is_same_v<View, T>) {
      return value;
    } else {
      return KindOf<T>::ToView(value);
    }
  }
};

inline std::unexpected<FieldError> Wrong(Detail code, std::string message) {
  return std::unexpected(FieldError{"", code, std::move(message)});
}

// The text of a JSON string, or WRONG_TYPE.
inline std::expected<std::string_view, FieldError> TextOf(const json::Json& input) {
  if (const std::string* text = input.string()) return *text;
  return Wrong(Detail::kWrongType, "must be a string");
}

}  // namespace ashlar::types
