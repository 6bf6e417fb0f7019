// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"

namespace ashlar::http {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
std::string FormatDate(int64_t unix_seconds);

// What is wrong with an answer that must not be sent: a status that is none, a header that would end its line or is
// the server's own. Empty when it may be sent.
std::string_view WhyNotSent(const Response& response);

bool HasBody(int status);

// How an answer is framed.
struct Framing {
  bool without_body = false;  // to HEAD
  bool close = false;         // the connection ends behind it
  int minor_version = 1;      // of the request
};

// Appends the answer's bytes. REQUIRES: WhyNotSent is empty.
void AppendAnswer(const Response& response, const Framing& framing, std::string_view date, std::string& out);

}  // namespace ashlar::http
