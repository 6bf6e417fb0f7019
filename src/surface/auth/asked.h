// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>

#include "call/caller.h"
#include "http/message.h"
#include "identity/accounts.h"
#include "identity/provider.h"
#include "surface/rest/encode.h"

namespace ashlar::surface::auth {

// How a program names itself, as far as that can do no harm where it is shown.
std::string AgentOf(const http::Request& request);

// One request below /auth, as its handler gets it. What it refers to outlives the handler.
struct Asked {
  Context& context;
  const http::Request& request;
  const call::Caller& caller;
  identity::Accounts& accounts;
  const model::Service& service;
  std::function<rest::Meta()> meta;  // of an answer that is made now
  json::Json body;                   // null where none is taken
  bool own_page = false;             // not asked by a page of another origin, or by one that may use cookies
  identity::Provider* provider = nullptr;  // null: there is none

  // Whose session or key this is; empty for nobody.
  const std::string& user() const { return caller.id; }
  // The session that the caller's token was given for; empty for one that the operator or another issuer gave.
  std::string session() const;
  // What the cookie of the session holds, where there are such; else empty.
  std::string cookie() const;
  // What the cookie of sign-ins by providers holds, or nothing.
  std::string sign_in() const;
  std::string agent() const { return AgentOf(request); }
};

http::Response JsonAnswer(int status, std::string body);
http::Response NoContent();
// Sends a browser on, which tells nobody where it comes from (RFC 9110, 15.4.4).
http::Response SeeOther(std::string url);
// The same, and the cookie of the session is forgotten.
http::Response NoContentNorCookie();

}  // namespace ashlar::surface::auth
