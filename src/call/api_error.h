// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "types/type.h"

namespace ashlar::call {

// Every code that an answer may carry (api.md, Errors). One row each in api_error.cc.
enum class Code : uint8_t {
  kMalformedJson,
  kInvalidQuery,
  kUnauthenticated,
  kInvalidCredentials,
  kTokenExpired,
  kRefreshReused,
  kSecondFactorRequired,
  kForbidden,
  kNotFound,
  kRouteNotFound,
  kMethodNotAllowed,
  kNotAcceptable,
  kPayloadTooLarge,
  kUnsupportedMediaType,
  kHeadersTooLarge,
  kBadRequest,
  kUriTooLong,
  kNotImplemented,
  kHttpVersion,
  kRequestTimeout,
  kExpectationFailed,
  kConflict,
  kReferenced,
  kInvalidTransition,
  kIdempotencyInProgress,
  kPreconditionFailed,
  kPreconditionRequired,
  kRateLimited,
  kValidationError,
  kExpressionFailed,
  kIdempotencyKeyReused,
  kInternal,
  kOverloaded,
  kUnavailable,
  kTimeout,
};
struct CodeRow {
  Code code;
  std::string_view name;     // "VALIDATION_ERROR"
  int status;                // HTTP
  bool retryable;            // the same request may do better later
  std::string_view message;  // what is said when nothing better is known
};
std::span<const CodeRow> Codes();
const CodeRow& RowOf(Code code);

// One wrong field: `field` is its path in the body, "lines[2].quantity", or a parameter's name.
struct ErrorDetail {
  std::string field;
  types::Detail code;
  std::string message;
  bool operator==(const ErrorDetail&) const = default;
};

// Why a Call was refused, in words for its caller: no SQL, path, library text or value of a row.
struct ApiError {
  Code code = Code::kInternal;
  std::string message;
  std::vector<ErrorDetail> details;
  bool operator==(const ApiError&) const = default;
};
template <class T>
using Answer = std::expected<T, ApiError>;

inline std::unexpected<ApiError> Refuse(Code code, std::string message) {
  return std::unexpected(ApiError{code, std::move(message), {}});
}

}  // namespace ashlar::call
