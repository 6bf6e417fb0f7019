// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace ashlar::bench {

// What the works need of a request; views into the connection's bytes.
struct Request {
  std::string_view method;
  std::string_view target;
  std::string_view authorization;
  std::string_view if_none_match;
  std::string_view body;
  bool keep = true;
};

enum class Parsed { kWhole, kPart, kBad };

// Reads one request from the front of the bytes; `used` is how many of them it took.
Parsed Parse(std::string_view bytes, Request& request, size_t& used);

}  // namespace ashlar::bench
