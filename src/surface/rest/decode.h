// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "call/call.h"
#include "http/message.h"
#include "surface/rest/route.h"

namespace ashlar::surface::rest {

// Media types of bodies.
inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kMergePatch = "application/merge-patch+json";  // RFC 7396
inline constexpr std::string_view kJsonPatch = "application/json-patch+json";    // RFC 6902
inline constexpr const char* kMergePatches = "application/merge-patch+json, application/json";
inline constexpr const char* kPatches = "application/merge-patch+json, application/json-patch+json, application/json";

// What a request asks. What is wrong with its form becomes call.malformed, to be told once the operation's rule has
// admitted the caller.
call::Call Decode(const http::Request& request, const Match& match);

// The JSON of a body whose media type has been looked at already: 415, or 400 with line and column.
call::Answer<json::Json> ReadJson(const http::Request& request, int depth = json::Limits{}.depth);

// What If-Match asks for: 400 if it is not a list of entity tags.
call::Answer<call::Preconditions> ReadIfMatch(const http::Request& request);

// Whether the value of If-None-Match names this entity tag (weak comparison, RFC 9110, 13.1.2).
bool NamesTag(std::string_view if_none_match, std::string_view tag);

}  // namespace ashlar::surface::rest
