// SPDX-License-Identifier: Apache-2.0
// /auth: what Users do about their own accounts.
#include "base/await.h"
#include "surface/auth/encode.h"
#include "surface/front/exchange.h"
#include "surface/front/front.h"
#include "surface/rest/decode.h"

namespace ashlar::surface {
namespace {

using auth::Action;
using call::Code;

constexpr size_t kMostAgent = 200;
constexpr int kMostDepth = 8;  // of a body

// How a program names itself, as far as it can do no harm where it is shown.
std::string AgentOf(const http::Request& request) {
  std::string agent(request.Find("User-Agent").value_or("").substr(0, kMostAgent));
  for (char& c : agent) c = c >= ' ' && c <= '~' ? c : '?';
  return agent;
}

// The session that the caller's token was given for; empty for one that the operator gave.
std::string SessionOf(const call::Caller& caller) {
  const json::Json* session = caller.principal.claims.Find("sid");
  return session == nullptr || session->string() == nullptr ? "" : *session->string();
}

// What is asked, as far as its form goes.
call::Answer<json::Json> Read(const http::Request& request, const rest::Accepted& accepted, Action action) {
  if (!accepted.json) return call::Refuse(Code::kNotAcceptable, "only application/json can be given");
  if (request.Find("Idempotency-Key")) {
    return call::Refuse(Code::kInvalidQuery, "'Idempotency-Key' is not taken here");
  }
  if (!request.query.empty() || !request.bad_query.empty()) {
    return call::Refuse(Code::kInvalidQuery, "no parameters are taken here");
  }
  if (!auth::TakesBody(action)) {
    if (request.body.empty()) return json::Json();
    return call::Refuse(Code::kInvalidQuery, "no body is taken here");
  }
  if (rest::MediaType(request.Find("Content-Type").value_or("")) != rest::kJson) {
    return call::Refuse(Code::kUnsupportedMediaType, fmt::format("the body must be {}", rest::kJson));
  }
  return rest::ReadJson(request, kMostDepth);
}

http::Response JsonAnswer(int status, std::string body) {
  http::Response response{status, {}, std::move(body)};
  response.Set("Content-Type", std::string(rest::kJson));
  return response;
}

}  // namespace

Eventually<http::Response> Front::HandleAuth(std::unique_ptr<Exchange> exchange) {
  const http::Request& request = exchange->request;
  auth::Match match = auth::Find(request.method, request.segments);
  exchange->match.route = match.route;
  exchange->match.allow = match.allow;
  if (match.route.empty()) return Error(*exchange, {Code::kRouteNotFound, "there is nothing at this address", {}});
  if (request.method == "OPTIONS") return Options(*exchange);
  if (!match.action) {
    return Error(*exchange, {Code::kMethodNotAllowed, fmt::format("only {} is taken here", match.allow), {}});
  }
  auto body = Read(request, exchange->accepted, *match.action);
  if (!body) return Error(*exchange, body.error());
  return RunAuth(std::move(exchange), *match.action, std::move(*body));
}

Task<http::Response> Front::RunAuth(std::unique_ptr<Exchange> exchange, auth::Action action, json::Json body) {
  call::Answer<bool> user = false;  // nobody is asked for
  if (auth::NeedsUser(action)) user = co_await NeedUser(*exchange);
  const call::Caller* caller = user && *user ? exchange->caller.get() : nullptr;
  if (exchange->toll && !exchange->toll->ForCaller(caller)) co_return Limited(*exchange);
  if (!user) co_return Error(*exchange, user.error());
  auto answer = co_await AnswerAuth(*exchange, action, std::move(body));
  if (!answer) co_return Error(*exchange, answer.error());
  co_return Send(*exchange, std::move(*answer), "");
}

Task<call::Answer<bool>> Front::NeedUser(Exchange& exchange) {
  auto asked = authenticator_.Authenticate(exchange.context, exchange.request);
  auto caller = co_await Await(std::move(asked));
  exchange.auth_us = clock_.SteadyMicros() - exchange.begun.steady_us;
  if (!caller) co_return std::unexpected(caller.error());
  exchange.caller = std::move(*caller);
  if (exchange.caller->anonymous()) {
    co_return call::Refuse(Code::kUnauthenticated, std::string(RowOf(Code::kUnauthenticated).message));
  }
  if (exchange.caller->id.empty()) co_return call::Refuse(Code::kForbidden, "this is for users, not for services");
  co_return true;
}

Task<call::Answer<http::Response>> Front::AnswerAuth(Exchange& exchange, auth::Action action, json::Json body) {
  const model::Service& service = engine_.service();
  Context& context = exchange.context;
  const std::string user = exchange.caller->id;
  const std::string session = SessionOf(*exchange.caller);
  auto meta = [&] { return exchange.MetaAt(clock_.SteadyMicros()); };
  switch (action) {
    case Action::kRegister: {
      auto made = co_await accounts_->Register(context, std::move(body));
      if (!made) co_return std::unexpected(made.error());
      co_return JsonAnswer(201, auth::EncodeUser(service, *made, meta()));
    }
    case Action::kLogin: {
      auto done = co_await accounts_->Login(context, std::move(body), AgentOf(exchange.request));
      if (!done) co_return std::unexpected(done.error());
      co_return JsonAnswer(200, auth::EncodeSignedIn(service, *done, meta()));
    }
    case Action::kRefresh: {
      auto done = co_await accounts_->Refresh(context, std::move(body));
      if (!done) co_return std::unexpected(done.error());
      co_return JsonAnswer(200, auth::EncodeSignedIn(service, *done, meta()));
    }
    case Action::kLogout:
    case Action::kEndSession: {
      std::string which = action == Action::kLogout ? session : exchange.request.segments[2];
      if (which.empty()) co_return call::Refuse(Code::kForbidden, "this token is of no session");
      auto ended = co_await accounts_->sessions().End(context, user, std::move(which));
      if (!ended) co_return std::unexpected(ended.error());
      co_return http::Response{204, {}, ""};
    }
    case Action::kListSessions: {
      auto list = co_await accounts_->sessions().List(context, user);
      if (!list) co_return std::unexpected(list.error());
      co_return JsonAnswer(200, auth::EncodeSessions(*list, session, meta()));
    }
    case Action::kMe: {
      auto me = co_await accounts_->Me(context, user);
      if (!me) co_return std::unexpected(me.error());
      co_return JsonAnswer(200, auth::EncodeUser(service, *me, meta()));
    }
    case Action::kChangePassword: {
      auto done = co_await accounts_->ChangePassword(context, user, session, std::move(body));
      if (!done) co_return std::unexpected(done.error());
      co_return http::Response{204, {}, ""};
    }
  }
  co_return call::Refuse(Code::kInternal, std::string(RowOf(Code::kInternal).message));
}

}  // namespace ashlar::surface
