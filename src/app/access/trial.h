// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "call/call.h"
#include "call/outcome.h"
#include "http/message.h"
#include "surface/rest/route.h"

namespace ashlar::app {

// A request as a client would send it, and where it goes.
struct Asked {
  http::Request request;
  surface::rest::Match match;
};
// Reads the method and the target as the server does. An error: there is no such address, or no such method there; a
// batch is none, nor is OPTIONS.
call::Answer<Asked> Ask(const surface::rest::Router& router, std::string_view method, std::string_view target);
// The Call that the REST surface makes of it. It is a dry run, and passes the preconditions that a change needs.
call::Call DecodeAsked(const model::Service& service, const Asked& asked, const std::optional<json::Json>& body);

// The names of the fields that row `which` shows.
std::vector<std::string> ShownFields(const model::Service& service, const call::RowSet& rows, size_t which);
// The id of row `which`, as addresses write it.
std::string IdOf(const model::Service& service, const call::RowSet& rows, size_t which);

// "403 FORBIDDEN: getOrder is not allowed"
std::string Describe(const call::ApiError& error);

}  // namespace ashlar::app
