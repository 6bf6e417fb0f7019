// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace ashlar::json {

struct Json;
struct Member;

// A JSON number as it was written: it never goes through a double before its reader knows what it is.
struct Number {
  std::string token;
  bool operator==(const Number&) const = default;
};
using Array = std::vector<Json>;
using Object = std::vector<Member>;  // in the order of the text; names are unique

// A JSON document in memory (RFC 8259), for request bodies and files: bounded by the limits of Parse.
struct Json {
  std::variant<std::nullptr_t, bool, Number, std::string, Array, Object> value;

  Json();  // null
  template <class T>
    requires(!std::is_same_v<std::remove_cvref_t<T>, Json>)
  explicit Json(T&& document) : value(std::forward<T>(document)) {}
  Json(const Json&);
  Json(Json&&) noexcept;
  Json& operator=(const Json&);
  Json& operator=(Json&&) noexcept;
  ~Json();

  bool is_null() const { return value.index() == 0; }
  const bool* boolean() const { return std::get_if<bool>(&value); }
  const Number* number() const { return std::get_if<Number>(&value); }
  const std::string* string() const { return std::get_if<std::string>(&value); }
  const Array* array() const { return std::get_if<Array>(&value); }
  const Object* object() const { return std::get_if<Object>(&value); }
  // The member of that name, or null if this is no object or has none.
  const Json* Find(std::string_view name) const;
  bool operator==(const Json&) const;
};
struct Member {
  std::string name;
  Json value;
  bool operator==(const Member&) const = default;
};
// Here, because a Member must be complete for them.
inline Json::Json() = default;
inline Json::Json(const Json&) = default;
inline Json::Json(Json&&) noexcept = default;
inline Json& Json::operator=(const Json&) = default;
inline Json& Json::operator=(Json&&) noexcept = default;
inline Json::~Json() = default;
inline bool Json::operator==(const Json& other) const { return value == other.value; }

struct Limits {
  int depth = 64;
  size_t bytes = 1 << 20;
};

// Where a text stopped being JSON; line and column count from 1, columns in bytes.
struct SyntaxError {
  int line = 1;
  int column = 1;
  std::string message;
};

// The whole text as one document. Refuses duplicate names, lone surrogates, invalid UTF-8, what is nested too
// deep, and anything after the document. Never recurses deeper than limits.depth.
std::expected<Json, SyntaxError> Parse(std::string_view text, const Limits& limits = {});

// The document as compact JSON text, members in their order.
void Append(const Json& document, std::string& out);
std::string ToText(const Json& document);

// RFC 7396, recursively, into `target`.
void MergePatch(Json& target, const Json& patch);

}  // namespace ashlar::json
