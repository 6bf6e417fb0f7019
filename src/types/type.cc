// SPDX-License-Identifier: Apache-2.0
#include "types/type.h"

namespace ashlar::types {

std::string_view NameOf(Detail detail) {
  switch (detail) {
    case Detail::kRequired: return "REQUIRED";
    case Detail::kNull: return "NULL";
    case Detail::kWrongType: return "WRONG_TYPE";
    case Detail::kTooSmall: return "TOO_SMALL";
    case Detail::kTooLarge: return "TOO_LARGE";
    case Detail::kTooShort: return "TOO_SHORT";
    case Detail::kTooLong: return "TOO_LONG";
    case Detail::kPattern: return "PATTERN";
    case Detail::kFormat: return "FORMAT";
    case Detail::kEnum: return "ENUM";
    case Detail::kPrecision: return "PRECISION";
    case Detail::kUnknownField: return "UNKNOWN_FIELD";
    case Detail::kReadOnly: return "READ_ONLY";
    case Detail::kCheck: return "CHECK";
    case Detail::kReferenceNotFound: return "REFERENCE_NOT_FOUND";
    case Detail::kUnique: return "UNIQUE";
    case Detail::kTransition: return "TRANSITION";
  }
  return "";
}

std::expected<Value, FieldError> Type::ParseSought(const json::Json& input) const {
  auto value = Parse(input);
  if (!value) return std::unexpected(std::move(value).error().front());
  return std::move(*value);
}

}  // namespace ashlar::types
