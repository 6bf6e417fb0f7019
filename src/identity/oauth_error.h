// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <string>
#include <string_view>

#include "call/api_error.h"

namespace ashlar::identity {

// What a client is told that asks for what it does not get: in the words of RFC 6749, 5.2 and 4.1.2.1, and of OpenID
// Connect Core, 3.1.2.6.
struct OauthError {
  std::string_view error;
  std::string description;  // of ASCII without quotes; nothing that the request said
  int status = 400;
  int64_t retry_after_s = 1;  // of a 503
};

template <class T>
using OauthAnswer = std::expected<T, OauthError>;

inline std::unexpected<OauthError> Deny(std::string_view error, std::string description, int status = 400) {
  return std::unexpected(OauthError{error, std::move(description), status});
}

// The same where something of the service itself is wrong, or it has too much to do.
inline std::unexpected<OauthError> Unable(const call::ApiError& error) {
  if (call::RowOf(error.code).status == 503) {
    return Deny("temporarily_unavailable", "too much is asked at once; try again later", 503);
  }
  return Deny("server_error", "this could not be done", 500);
}

}  // namespace ashlar::identity
