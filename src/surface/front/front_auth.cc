// SPDX-License-Identifier: Apache-2.0
// /auth: what Users do about their own accounts.
#include "base/await.h"
#include "surface/front/exchange.h"
#include "surface/front/front.h"
#include "surface/front/own_page.h"
#include "surface/rest/decode.h"

namespace ashlar::surface {
namespace {

using call::Code;

constexpr int kMostDepth = 8;  // of a body

// What is asked, as far as its form goes.
call::Answer<json::Json> Read(const http::Request& request, const rest::Accepted& accepted, const auth::Route& route) {
  if (!accepted.json) return call::Refuse(Code::kNotAcceptable, "only application/json can be given");
  if (request.Find("Idempotency-Key")) {
    return call::Refuse(Code::kInvalidQuery, "'Idempotency-Key' is not taken here");
  }
  if (!request.bad_query.empty() || (!route.parameters && !request.query.empty())) {
    return call::Refuse(Code::kInvalidQuery,
                        route.parameters ? "a parameter is not encoded well" : "no parameters are taken here");
  }
  if (!route.body) {
    if (request.body.empty()) return json::Json();
    return call::Refuse(Code::kInvalidQuery, "no body is taken here");
  }
  const bool patches = request.method == "PATCH";
  const std::string type = rest::MediaType(request.Find("Content-Type").value_or(""));
  if (type != rest::kJson && !(patches && type == rest::kMergePatch)) {
    return call::Refuse(Code::kUnsupportedMediaType,
                        patches ? fmt::format("the body must be {} or {}", rest::kJson, rest::kMergePatch)
                                : fmt::format("the body must be {}", rest::kJson));
  }
  return rest::ReadJson(request, kMostDepth);
}

}  // namespace

Eventually<http::Response> Front::HandleAuth(std::unique_ptr<Exchange> exchange) {
  const http::Request& request = exchange->request;
  auth::Match match = auth::Find(*engine_.service().identity, request.method, request.segments);
  exchange->match.route = match.path;
  exchange->match.allow = match.allow;
  if (match.path.empty()) return Error(*exchange, {Code::kRouteNotFound, "there is nothing at this address", {}});
  if (request.method == "OPTIONS") return Options(*exchange);
  if (match.route == nullptr) {
    return Error(*exchange, {Code::kMethodNotAllowed, fmt::format("only {} is taken here", match.allow), {}});
  }
  auto body = Read(request, exchange->accepted, *match.route);
  if (!body) return Error(*exchange, body.error());
  return RunAuth(std::move(exchange), *match.route, std::move(*body));
}

Task<http::Response> Front::RunAuth(std::unique_ptr<Exchange> exchange, const auth::Route& route, json::Json body) {
  call::Answer<bool> user = false;  // nobody is asked for
  if (route.asker == auth::Asker::kUser) user = co_await NeedUser(*exchange, route.keys);
  const call::Caller* caller = user && *user ? exchange->caller.get() : nullptr;
  if (exchange->toll) {
    auto paid = exchange->toll->ForCaller(caller);
    const bool enough = co_await Await(std::move(paid));
    if (!enough) co_return Limited(*exchange);
  }
  if (!user) co_return Unknown(*exchange, user.error());
  auth::Asked asked{exchange->context,
                    exchange->request,
                    *exchange->caller,
                    *accounts_,
                    engine_.service(),
                    [&] { return exchange->MetaAt(clock_.SteadyMicros()); },
                    std::move(body),
                    IsOwnPage(exchange->request, options_.cors),
                    provider_ ? &*provider_ : nullptr};
  const Origin origin{http::FormatIpAddress(options_.proxies.ClientOf(exchange->request)), asked.agent()};
  exchange->context.origin = &origin;
  auto answer = co_await route.handler(asked);
  exchange->context.origin = nullptr;
  if (!answer) co_return Error(*exchange, answer.error());
  co_return Send(*exchange, std::move(*answer), "");
}

Task<call::Answer<bool>> Front::NeedUser(Exchange& exchange, bool keys) {
  auto asked = Identify(exchange);
  auto caller = co_await Await(std::move(asked));
  exchange.auth_us = clock_.SteadyMicros() - exchange.begun.steady_us;
  if (!caller) co_return std::unexpected(caller.error());
  exchange.caller = std::move(*caller);
  if (exchange.caller->anonymous()) {
    co_return call::Refuse(Code::kUnauthenticated, std::string(RowOf(Code::kUnauthenticated).message));
  }
  if (exchange.caller->principal.id.is_null()) {
    co_return call::Refuse(Code::kForbidden, "this is for users, not for services");
  }
  if (!exchange.caller->client.empty()) co_return call::Refuse(Code::kForbidden, "no token of a program's opens this");
  if (!keys && !exchange.caller->key.empty()) co_return call::Refuse(Code::kForbidden, "no API key opens this");
  co_return true;
}

}  // namespace ashlar::surface
