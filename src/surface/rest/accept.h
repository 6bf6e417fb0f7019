// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::surface::rest {

inline constexpr std::string_view kHal = "application/hal+json";
inline constexpr std::string_view kProblem = "application/problem+json";  // RFC 9457

// How a success is written.
enum class Form : uint8_t { kEnvelope, kHal };

// What a request accepts (RFC 9110, 12.5.1) of what can be given.
struct Accepted {
  std::optional<Form> form = Form::kEnvelope;  // nothing: none of what can be given
  bool problem = false;                        // errors as RFC 9457
  bool json = true;                            // the envelope can be given, whatever is liked better
};

// `accept`: the field's lines joined by commas; empty accepts everything. Between equals the envelope goes before HAL,
// and problem+json, which nobody names by accident, before the envelope. Who names problem+json takes JSON.
Accepted Negotiate(std::string_view accept);

// The items of a comma-separated field value, trimmed; commas in quoted strings separate nothing.
std::vector<std::string_view> Items(std::string_view value);
std::string_view Trim(std::string_view text);
// The value of a parameter of a media type or range, without its quotes.
std::optional<std::string_view> ParameterOf(std::string_view value, std::string_view name);
// The media type of a field value, in lower case, without its parameters.
std::string MediaType(std::string_view value);

}  // namespace ashlar::surface::rest
