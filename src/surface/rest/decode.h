// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "call/call.h"
#include "http/message.h"
#include "surface/rest/route.h"

namespace ashlar::surface::rest {

// What a request asks. What is wrong with its form becomes call.malformed, to be told once the operation's rule has
// admitted the caller.
call::Call Decode(const http::Request& request, const Match& match);

// Whether the value of If-None-Match names this entity tag (weak comparison, RFC 9110, 13.1.2).
bool NamesTag(std::string_view if_none_match, std::string_view tag);

}  // namespace ashlar::surface::rest
