// SPDX-License-Identifier: Apache-2.0
// /oauth: what others ask who sign in with this service. Answers are as their RFCs say, without an envelope.
#include "base/await.h"
#include "surface/auth/asked.h"
#include "surface/front/browser_headers.h"
#include "surface/front/exchange.h"
#include "surface/front/front.h"
#include "surface/front/own_page.h"
#include "surface/oauth/browser.h"
#include "surface/oauth/form.h"

namespace ashlar::surface {
namespace {

using call::Code;

// What is asked, as far as its form goes. What a request object of another kind might say is not looked for in places
// that nobody reads.
identity::OauthAnswer<http::Parameters> Read(const http::Request& request, const oauth::Route& route) {
  const bool by_query = route.asker == oauth::Asker::kBrowser && route.takes == oauth::Takes::kNothing;
  if (!request.bad_query.empty()) return identity::Deny("invalid_request", "the query is no form of UTF-8");
  if (by_query) return oauth::CheckParameters(request.query);
  if (!request.query.empty()) return identity::Deny("invalid_request", "no parameters are taken in the address");
  if (route.takes == oauth::Takes::kJson) return http::Parameters();  // its handler reads it
  if (route.takes == oauth::Takes::kForm) {
    return oauth::ReadForm(request.Find("Content-Type").value_or(""), request.body);
  }
  if (!request.body.empty()) return identity::Deny("invalid_request", "no body is taken here");
  return http::Parameters();
}

// What the log and the metrics say of an answer that has an error of its own.
Code CodeFor(int status) {
  switch (status) {
    case 401: return Code::kInvalidCredentials;
    case 403: return Code::kForbidden;
    case 500: return Code::kInternal;
    case 503: return Code::kOverloaded;
    default: return Code::kBadRequest;
  }
}

}  // namespace

bool Front::IsOfProvider(const http::Request& request) const {
  if (!provider_ || request.segments.empty()) return false;
  return request.segments[0] == "oauth" ||
         !oauth::Find(provider_->model(), request.method, request.segments).path.empty();
}

Eventually<http::Response> Front::HandleProvider(std::unique_ptr<Exchange> exchange) {
  const http::Request& request = exchange->request;
  oauth::Match match = oauth::Find(provider_->model(), request.method, request.segments);
  exchange->match.route = match.path;
  exchange->match.allow = match.allow;
  exchange->own_pages = match.asker == oauth::Asker::kBrowser;
  if (match.path.empty()) return Error(*exchange, {Code::kRouteNotFound, "there is nothing at this address", {}});
  if (request.method == "OPTIONS") return Options(*exchange);
  if (match.route == nullptr) {
    return Error(*exchange, {Code::kMethodNotAllowed, fmt::format("only {} is taken here", match.allow), {}});
  }
  return RunProvider(std::move(exchange), *match.route);
}

Task<http::Response> Front::RunProvider(std::unique_ptr<Exchange> exchange, const oauth::Route& route) {
  if (exchange->toll) {
    auto paid = exchange->toll->ForCaller(nullptr);
    const bool enough = co_await Await(std::move(paid));
    if (!enough) co_return Limited(*exchange);
  }
  const http::Request& request = exchange->request;
  auto parameters = Read(request, route);
  oauth::Asked asked{exchange->context,
                     request,
                     *provider_,
                     parameters ? std::move(*parameters) : http::Parameters(),
                     IsOwnPage(request, Cors()),
                     auth::AgentOf(request)};
  const Origin origin{http::FormatIpAddress(options_.proxies.ClientOf(request)), asked.agent};
  exchange->context.origin = &origin;
  http::Response response;
  if (parameters) {
    response = co_await route.handler(asked);
  } else if (route.asker == oauth::Asker::kBrowser) {
    response = oauth::Browser(asked).Show(400, oauth::NoticePage("This does not work",
                                                                 "The program that sent you here "
                                                                 "said what cannot be read."));
  } else {
    response = oauth::ErrorAnswer(parameters.error());
  }
  exchange->context.origin = nullptr;
  const bool page = response.headers.size() > 1 && response.headers[1].name == "Content-Security-Policy";
  if (page) response.shared = &BrowserHeaders(AnswerKind::kPage, options_.tls);
  const std::string_view error = response.status < 400 ? "" : RowOf(CodeFor(response.status)).name;
  co_return Send(*exchange, std::move(response), error);
}

}  // namespace ashlar::surface
