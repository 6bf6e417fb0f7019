// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "base/context.h"
#include "http/message.h"
#include "http/path.h"
#include "identity/provider.h"

namespace ashlar::surface::oauth {

// One request of the provider's, as its handler gets it. What it refers to outlives the handler.
struct Asked {
  Context& context;
  const http::Request& request;
  identity::Provider& provider;
  http::Parameters parameters;  // of the query of a GET, of the form of a POST
  bool own_page = false;        // not asked by a page of another origin
  std::string agent;            // how the program named itself

  std::string Parameter(std::string_view name) const { return identity::ParameterOf(parameters, name); }
};

http::Response JsonAnswer(int status, std::string body);
// As RFC 6749, 5.2 says.
http::Response ErrorAnswer(const identity::OauthError& error);
// The same of a request that a Bearer token opens (RFC 6750, 3).
http::Response BearerError(const identity::OauthError& error);
// That there is none.
http::Response NoBearer(std::string description);
// The token of `Authorization: Bearer`; empty where there is none, or anything else.
std::string BearerOf(const http::Request& request);

}  // namespace ashlar::surface::oauth
