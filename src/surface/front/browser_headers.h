// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "http/message.h"

namespace ashlar::surface {

// What an answer is, as far as that decides which headers it has with all of its kind.
enum class AnswerKind : uint8_t {
  kOther,   // may not be kept
  kKept,    // says itself for how long it may be kept
  kHealth,  // of /health, that all is well
  kPage,    // is kept, and has a Content-Security-Policy of its own, which a 304 must not replace
};

// Those headers, by OWASP's lists for REST and for HTTP: nobody guesses types, frames an answer, takes it into a page
// of another origin without CORS, or runs what stands in it; over TLS, browsers come back over TLS alone (RFC 6797).
const http::SharedHeaders& BrowserHeaders(AnswerKind kind, bool tls);

}  // namespace ashlar::surface
