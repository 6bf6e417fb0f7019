// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "base/json/writer.h"
#include "types/rows.h"
#include "types/value.h"

namespace ashlar::types {

// Detail codes of a validation answer (api.md, Errors).
enum class Detail : uint8_t {
  kRequired,
  kNull,
  kWrongType,
  kTooSmall,
  kTooLarge,
  kTooShort,
  kTooLong,
  kPattern,
  kFormat,
  kEnum,
  kPrecision,
  kUnknownField,
  kReadOnly,
  kCheck,
  kReferenceNotFound,
  kUnique,
  kTransition,
};
std::string_view NameOf(Detail detail);  // "TOO_SMALL"

// What is wrong with one value; `path` is empty, or the place inside it: "[2]", ".a[0]".
struct FieldError {
  std::string path;
  Detail code;
  std::string message;
  bool operator==(const FieldError&) const = default;
};
using FieldErrors = std::vector<FieldError>;

// What a type takes of whole numbers, of decimals (unscaled) and of texts (code points).
struct Bounds {
  int64_t least = INT64_MIN;
  int64_t greatest = INT64_MAX;
  bool whole = false;  // that is all; else only Validate tells
};

// A field's type with its parameters: "decimal(12,2), min 0". Immutable, safe to share between threads.
// One implementation per file in types/field_types/; only types/ names a field type.
class Type {
 public:
  virtual ~Type() = default;

  virtual std::string_view name() const = 0;  // as in the registry: "decimal"
  virtual std::string text() const = 0;       // as the contract writes it: "decimal(12,2)", "[string]"
  virtual Kind kind() const = 0;
  virtual int scale() const { return 0; }                                // of decimals
  virtual std::span<const std::string> constants() const { return {}; }  // of enums
  virtual const Type* element() const { return nullptr; }                // of lists
  virtual bool filterable() const { return true; }                       // not json, not bytes
  virtual bool sortable() const { return true; }                         // not json, bytes, lists

  // Reads a JSON value, bounds and form checked, all errors at once. Null is the caller's matter (REQUIRES: not null).
  virtual std::expected<Value, FieldErrors> Parse(const json::Json& input) const = 0;
  // Reads a JSON value that is looked for: form checked, bounds not.
  virtual std::expected<Value, FieldError> ParseSought(const json::Json& input) const;
  // Reads one value as a query parameter writes it; form checked, bounds (min, max, pattern) not.
  virtual std::expected<Value, FieldError> ParseText(std::string_view input) const = 0;
  // Checks form and bounds of a value that an expression made; its kind is right already.
  virtual FieldErrors Validate(const Value& value) const = 0;
  // The same, as far as numbers say it, for stores.
  virtual Bounds bounds() const { return {}; }

  // Writes a stored cell, or a value, as the API shows it. REQUIRES: not null, of this kind.
  virtual void Format(const Cell& cell, json::Writer& out) const = 0;
  virtual void Format(const Value& value, json::Writer& out) const = 0;
  // The owning value of a cell. Null cells give null.
  virtual Value ToValue(const Cell& cell) const = 0;

  // The members of its JSON Schema (2020-12), inside an object that is open.
  virtual void JsonSchema(json::Writer& out) const = 0;
  // A value that Parse accepts, for documents; obeys the bounds where it can.
  virtual json::Json Example() const = 0;
};
using TypePtr = std::shared_ptr<const Type>;

// What the contract says beside a type's name.
struct Parameters {
  std::vector<std::string> arguments;  // decimal(12,2): "12", "2"; enum(a, b): "a", "b"
  std::optional<std::string> min;  // as written
  std::optional<std::string> max;
  std::optional<std::string> pattern;
  TypePtr element;  // of a list
};
// `key` is "arguments", "min", "max" or "pattern".
struct ParameterError {
  std::string key;
  std::string message;
};

// A row of the registry: an open set; one file each in types/field_types/.
struct FieldType {
  std::string_view name;
  std::string_view doc;  // one line for the reference
  std::string_view json;  // what stands in JSON: "string", "number", ...
  std::string_view takes;  // which of min max pattern arguments it takes, for messages and the JSON Schema
  std::expected<TypePtr, std::vector<ParameterError>> (*make)(const Parameters& parameters);
};

// All field types but lists and relations, in the order of the contract's page. types/registry.cc.
std::span<const FieldType> FieldTypes();
// The row of that name among them, or null.
const FieldType* FindFieldType(std::string_view name, std::span<const FieldType> among = FieldTypes());
// Makes `[element]`.
std::expected<TypePtr, std::vector<ParameterError>> MakeList(const Parameters& parameters);

}  // namespace ashlar::types
