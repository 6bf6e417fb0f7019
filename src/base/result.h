// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace ashlar {

// What the one who called should do about a failure inside the process. Errors that a caller of the *service*
// sees are call::ApiError; these never leave the process but in the log.
enum class ErrorKind {
  kInvalid,      // the input was wrong: repeat with another
  kNotFound,     // there is no such thing
  kConflict,     // it is there already, or locked by another
  kTooLarge,     // the answer would pass a limit: ask for less
  kTimeout,      // the deadline has passed; nothing of it remains
  kUnavailable,  // may work later
  kInternal,     // a defect or a broken environment: log it
};

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;
  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> Fail(ErrorKind kind, std::string message) {
  return std::unexpected(Error{kind, std::move(message)});
}

}  // namespace ashlar

// Declares `name` as the value of `expr` or returns its error. Declaration form only:  TRY(row, Read(id));
#define ASHLAR_JOIN_(a, b) a##b
#define ASHLAR_JOIN(a, b) ASHLAR_JOIN_(a, b)
#define ASHLAR_TRY_(tmp, ret, name, ...)                 \
  auto tmp = (__VA_ARGS__);                              \
  if (!tmp) ret std::unexpected(std::move(tmp).error()); \
  auto name = std::move(*tmp)
#define TRY(name, ...) ASHLAR_TRY_(ASHLAR_JOIN(try_, __LINE__), return, name, __VA_ARGS__)
#define CO_TRY(name, ...) ASHLAR_TRY_(ASHLAR_JOIN(try_, __LINE__), co_return, name, __VA_ARGS__)
// For Result<void>: returns the error, declares nothing.
#define TRY_VOID(...) \
  if (auto try_void = (__VA_ARGS__); !try_void) return std::unexpected(std::move(try_void).error())
