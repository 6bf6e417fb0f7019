// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "http/message.h"

namespace ashlar::http {

// What the head of a request is held to, whichever version of HTTP brought it.

struct ParserLimits {
  size_t target_bytes = 14 << 10;
  size_t header_bytes = 16384;  // request line and header section; trailers and chunk extensions as much again each
  size_t headers = 100;         // trailers as many again
  size_t body_bytes = 1 << 20;
};

struct Refusal {
  int status;
  std::string_view reason;
};

bool IsMethod(std::string_view text);

// Takes a target, "/path?query" or "*", into the request, whose method is known; says why it is none. A query that
// cannot be decoded is the handler's to refuse.
std::optional<Refusal> ReadTarget(std::string_view target, Request& request);

// Headers that say who asks, for what, and where the request ends. Each may stand once, and never behind the body.
enum Single : uint8_t { kHost, kLength, kCoding, kType, kAuthorization, kExpect, kSingles };
using Singles = std::array<std::optional<std::string_view>, kSingles>;

bool IsSingle(std::string_view name);
// Their values, as far as they are there.
std::expected<Singles, Refusal> FindSingles(const Request& request);

// The value of a Content-Length, whatever its size.
std::expected<uint64_t, Refusal> ReadLength(std::string_view digits);

inline constexpr Refusal kBodyTooLarge{413, "the body is too large"};

}  // namespace ashlar::http
