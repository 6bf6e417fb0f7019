// SPDX-License-Identifier: Apache-2.0
#include "surface/front/front.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "call/storage.h"
#include "http/path.h"
#include "surface/auth/routes.h"
#include "surface/front/browser_headers.h"
#include "surface/front/exchange.h"
#include "surface/front/freshness.h"
#include "surface/front/server_timing.h"
#include "surface/rest/decode.h"
#include "surface/rest/encode.h"
#include "surface/rest/hal.h"
#include "types/datetime.h"
#include "types/uuid.h"

namespace ashlar::surface {
namespace {

using call::Code;
using model::OperationKind;

constexpr int64_t kLookAtWallMicros = 10'000;
constexpr std::string_view kMethods = "GET, HEAD, QUERY, POST, PUT, PATCH, DELETE, OPTIONS";  // that some address takes

const call::ApiError kUncodable{Code::kNotAcceptable, "none of zstd, br, gzip and identity is taken", {}};

// A name that a client gave its request is kept if it can do no harm in a log.
bool IsSane(std::string_view id) {
  if (id.empty() || id.size() > 128) return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
  });
}

bool Writes(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS" && method != "QUERY";
}

Code CodeFor(int status) {
  switch (status) {
    case 408: return Code::kRequestTimeout;
    case 413: return Code::kPayloadTooLarge;
    case 414: return Code::kUriTooLong;
    case 417: return Code::kExpectationFailed;
    case 431: return Code::kHeadersTooLarge;
    case 501: return Code::kNotImplemented;
    case 503: return Code::kOverloaded;
    case 505: return Code::kHttpVersion;
    default: return Code::kBadRequest;
  }
}

void SetError(http::Response& response, const call::ApiError& error) {
  const call::CodeRow& row = RowOf(error.code);
  response.status = row.status;
  if (error.code == Code::kUnauthenticated || error.code == Code::kSecondFactorRequired) {
    response.Set("WWW-Authenticate", "Bearer");
  }
  if (error.code == Code::kInvalidCredentials || error.code == Code::kTokenExpired ||
      error.code == Code::kRefreshReused) {
    response.Set("WWW-Authenticate", "Bearer error=\"invalid_token\"");
  }
  if (row.status == 503) response.Set("Retry-After", "1");
}

}  // namespace

Front::Front(const rest::Router& router, std::unique_ptr<store::Session> session, const plan::Planner& planner,
             const identity::ServiceKeys& keys, const FrontOptions& options, const Clock& clock, Observer& observer,
             std::unique_ptr<SharedBuckets> shared)
    : router_(router),
      session_(std::move(session)),
      engine_(planner, *session_, *options.underway),
      keys_(keys),
      authenticator_(keys, engine_, options.issuers, options.key_uses.get()),
      options_(options),
      shared_(std::move(shared)),
      clock_(clock),
      observer_(observer),
      admission_(options.admission, options.writes_waiting, clock, *options.shed) {
  const bool sign_in = planner.service().identity && options.passwords != nullptr;
  if (!sign_in) return;
  accounts_.emplace(engine_, keys, *options.passwords, *options.password_rules, options.mails.get(), options.providers);
  if (planner.service().identity->provider) provider_.emplace(engine_, keys, *accounts_);
}

Front::~Front() = default;

Front::Moment Front::Now() {
  const int64_t now = clock_.SteadyMicros();
  if (now - wall_seen_us_ >= kLookAtWallMicros) {
    wall_ahead_us_ = clock_.NowMicros() - now;
    wall_seen_us_ = now;
  }
  return {now, now + wall_ahead_us_};
}

void Front::SetCommon(http::Response& response) const {
  if (response.shared != nullptr) return;
  bool kept = std::any_of(response.headers.begin(), response.headers.end(),
                          [](const http::Header& header) { return header.name == "Cache-Control"; });
  response.shared = &BrowserHeaders(kept ? AnswerKind::kKept : AnswerKind::kOther, options_.tls);
}

std::string Front::NameOf(const http::Request& request, int64_t wall_us) {
  auto given = request.Find("X-Request-Id");
  if (given && IsSane(*given)) return std::string(*given);
  return types::FormatUuid(types::NewUuidV7(wall_us));
}

std::vector<std::string> Front::Routes(const rest::Router& router, const Pages& pages) {
  std::vector<std::string> routes = pages.Paths();
  routes.insert(routes.end(), {"/health/live", "/health/ready", std::string(kKeysPath), router.batch()});
  for (const rest::Router::Address& address : router.Addresses()) routes.push_back(address.route);
  for (const auth::Route& route : auth::Routes()) {
    if (routes.back() != route.path) routes.emplace_back(route.path);
  }
  for (const oauth::Route& route : oauth::Routes()) {
    if (routes.back() != route.path) routes.emplace_back(route.path);
  }
  return routes;
}

// The request's name and its place in a trace, as the client gives them or made here.
Context Front::ContextOf(const http::Request& request, Deadline deadline, const Moment& now) {
  auto parent = request.Find("traceparent");
  bool one = parent && request.Count("traceparent") == 1;
  Trace trace = trace_ids_.Begin(one ? ParseTraceparent(*parent) : std::nullopt);
  return {NameOf(request, now.wall_us), deadline, clock_, observer_, trace, request.gone};
}

Eventually<http::Response> Front::Handle(const http::Request& request) {
  const Moment begun = Now();
  const Deadline deadline{begun.steady_us + options_.request_micros};
  if (request.segments.size() == 2 && request.segments[0] == "health") {
    Exchange exchange(request, ContextOf(request, deadline, begun), begun);
    return Health(exchange);
  }
  auto exchange = std::make_unique<Exchange>(request, ContextOf(request, deadline, begun), begun,
                                             options_.limiter.get(), shared_.get());
  if (request.target == "*") return Send(*exchange, {204, {{"Allow", std::string(kMethods)}}, ""}, "");
  exchange->page = options_.pages == nullptr ? nullptr : options_.pages->Find(request.segments);
  exchange->signs_in =
      exchange->page == nullptr && accounts_ && !request.segments.empty() && request.segments[0] == "auth";
  exchange->provides = exchange->page == nullptr && IsOfProvider(request);
  const bool routed = exchange->page == nullptr && !exchange->signs_in && !exchange->provides;
  if (routed) exchange->match = router_.Find(request.method, request.segments);
  if (!exchange->toll) return OfAddress(std::move(exchange));
  auto paid = exchange->toll->ForAddress();
  return Behind(std::move(paid), std::move(exchange), &Front::OfAddress);
}

Task<http::Response> Front::AwaitCaller(std::unique_ptr<Exchange> exchange,
                                        Task<call::Answer<call::CallerPtr>> caller) {
  auto known = co_await std::move(caller);
  auto answer = WithCaller(std::move(exchange), std::move(known));
  if (answer.ready()) co_return std::move(answer.value());
  auto response = co_await std::move(answer.task());
  co_return response;
}

Eventually<http::Response> Front::WithCaller(std::unique_ptr<Exchange> exchange, call::Answer<call::CallerPtr> caller) {
  exchange->auth_us = clock_.SteadyMicros() - exchange->begun.steady_us;
  Context& context = exchange->context;
  context.plan_us = context.queue_us = context.store_us = 0;  // of looking up the caller: auth_us has them
  if (caller) {
    exchange->caller = std::move(*caller);
  } else {
    exchange->bad_credential = std::move(caller.error());
  }
  if (!exchange->toll) return OfCaller(std::move(exchange));
  auto paid = exchange->toll->ForCaller(exchange->bad_credential ? nullptr : exchange->caller.get());
  return Behind(std::move(paid), std::move(exchange), &Front::OfCaller);
}

Eventually<http::Response> Front::OfCaller(std::unique_ptr<Exchange> exchange) {
  const int64_t begun = clock_.SteadyMicros();
  if (exchange->bad_credential) return Unknown(*exchange, *exchange->bad_credential);
  if (exchange->match.batch && exchange->codings.TakesNothing()) return Error(*exchange, kUncodable);
  if (exchange->match.batch) return RunBatch(std::move(exchange));
  if (exchange->match.operation == nullptr) return Error(*exchange, exchange->match.refusal);
  call::Call& call = exchange->call.emplace(rest::Decode(exchange->request, exchange->match));
  if (exchange->codings.TakesNothing() && !call.malformed) call.malformed = kUncodable;
  exchange->decode_us = clock_.SteadyMicros() - begun;
  auto outcome = engine_.Run(exchange->context, *exchange->caller, call);
  if (!outcome.ready()) return AwaitOutcome(std::move(exchange), std::move(outcome.task()));
  return Finish(*exchange, outcome.value());
}

Task<http::Response> Front::AwaitOutcome(std::unique_ptr<Exchange> exchange,
                                         Task<call::Answer<call::Outcome>> outcome) {
  auto done = co_await std::move(outcome);
  co_return Finish(*exchange, done);
}

http::Response Front::Finish(Exchange& exchange, const call::Answer<call::Outcome>& outcome) {
  if (!outcome) return Error(exchange, outcome.error());
  int64_t begun = clock_.SteadyMicros();
  http::Response response;
  response.Set("Content-Type", std::string(exchange.hal() ? rest::kHal : rest::kJson));
  OperationKind kind = exchange.match.operation->kind;
  const model::Service& service = engine_.service();
  if (kind == OperationKind::kDelete) {
    response = {204, {}, ""};
  } else if (outcome->page) {
    auto neighbours = Neighbours(exchange, *outcome->page);
    SetLinks(neighbours, response);
    response.body = Encode(exchange, *outcome, exchange.MetaAt(begun), std::move(neighbours)).body;
  } else {
    rest::Envelope envelope = Encode(exchange, *outcome, exchange.MetaAt(begun), {});
    std::string tag = "\"" + std::to_string(outcome->version);
    if (!envelope.data_hash.empty()) tag += "-" + envelope.data_hash;
    tag += '"';
    response.Set("ETag", tag);
    auto held = kind == OperationKind::kGet ? Coder::Held(exchange.request, exchange.codings, tag) : std::nullopt;
    if (held) {
      response = {304, {{"ETag", *held}}, ""};
    } else {
      response.body = std::move(envelope.body);
    }
    if (outcome->created) {
      response.status = 201;
      const model::Resource& resource = service.resource(exchange.match.operation->resource);
      response.Set("Location", fmt::format("/{}/{}/{}", service.version, resource.collection, outcome->id));
    }
  }
  std::string freshness = FreshnessOf(service, *exchange.call, *exchange.caller, exchange.request);
  if (!freshness.empty()) response.Set("Cache-Control", std::move(freshness));
  if (outcome->replayed) response.Set("Idempotency-Replayed", "true");
  coder_.Apply(exchange.request, exchange.codings, response);
  exchange.encode_us = clock_.SteadyMicros() - begun;
  return Send(exchange, std::move(response), "");
}

rest::Envelope Front::Encode(const Exchange& exchange, const call::Outcome& outcome, const rest::Meta& meta,
                             Links neighbours) const {
  const model::Service& service = engine_.service();
  const model::Operation& operation = *exchange.match.operation;
  bool list = operation.kind == OperationKind::kList;
  bool history = operation.kind == OperationKind::kHistory;
  if (exchange.hal()) {
    rest::HalRequest request{service, engine_.Chances(exchange.context, *exchange.caller),
                             engine_.PurgeChances(exchange.context, *exchange.caller),
                             std::string(exchange.request.target), std::move(neighbours)};
    if (outcome.groups) return rest::HalGroups(request, outcome);
    if (list) return rest::HalList(request, service.resource(operation.resource), outcome);
    return history ? rest::HalHistory(request, outcome) : rest::HalRow(request, outcome);
  }
  if (outcome.groups) return rest::EncodeGroups(outcome, meta);
  if (list) return rest::EncodeList(service, outcome, meta);
  if (history) return rest::EncodeHistory(outcome, meta);
  return rest::EncodeRow(service, outcome, meta, outcome.shaped);
}

// The neighbours of a page: the same query with another page or cursor. What stands in a body has no address.
Front::Links Front::Neighbours(const Exchange& exchange, const call::PageInfo& page) {
  if (exchange.request.method == "QUERY") return {};
  std::string base = std::string(exchange.request.target.substr(0, exchange.request.target.find('?'))) + "?";
  for (const auto& [name, value] : exchange.request.query) {
    if (name == "page" || name == "after" || name == "before") continue;
    base += http::EncodeQuery(name) + "=" + http::EncodeQuery(value) + "&";
  }
  Links links;
  if (page.cursor) {
    if (page.next) links.emplace_back("next", fmt::format("{}after={}", base, *page.next));
    if (page.previous) links.emplace_back("prev", fmt::format("{}before={}", base, *page.previous));
  } else {
    if (page.has_next) links.emplace_back("next", fmt::format("{}page={}", base, page.page + 1));
    if (page.page > 1) links.emplace_back("prev", fmt::format("{}page={}", base, page.page - 1));
  }
  return links;
}

// RFC 8288.
void Front::SetLinks(const Links& links, http::Response& response) {
  std::string text;
  for (const auto& [relation, target] : links) {
    text += fmt::format("{}<{}>; rel=\"{}\"", text.empty() ? "" : ", ", target, relation);
  }
  if (!text.empty()) response.Set("Link", text);
}

// RFC 9745 and RFC 8594. A deprecation is a date: without `since` it is one that is long past.
void Front::SetDeprecation(const Exchange& exchange, http::Response& response) const {
  if (exchange.match.operation == nullptr) return;
  const auto& deprecated = engine_.service().resource(exchange.match.operation->resource).deprecated;
  if (!deprecated) return;
  auto since = types::ParseDate(deprecated->since);
  response.Set("Deprecation", fmt::format("@{}", since ? int64_t{since->days} * 86'400 : 0));
  if (auto sunset = types::ParseDate(deprecated->sunset)) response.Set("Sunset", types::FormatHttpDate(*sunset));
}

http::Response Front::Error(Exchange& exchange, const call::ApiError& error) {
  http::Response response;
  SetError(response, error);
  if (error.code == Code::kMethodNotAllowed) {
    const bool of_operation = exchange.failed && !exchange.batch->allow().empty();
    response.Set("Allow", std::string(of_operation ? exchange.batch->allow() : exchange.match.allow));
  }
  bool queries = error.code == Code::kUnsupportedMediaType && exchange.request.method == "QUERY";
  if (queries) response.Set("Accept-Query", std::string(rest::kJson));
  bool encoded = error.code == Code::kUnsupportedMediaType && exchange.request.Find("Content-Encoding");
  if (encoded) response.Set("Accept-Encoding", "identity");
  bool problem = exchange.accepted.problem;
  response.Set("Content-Type", std::string(problem ? rest::kProblem : rest::kJson));
  const rest::OperationPlace* of = exchange.failed ? &*exchange.failed : nullptr;
  const rest::Meta meta = exchange.MetaAt(clock_.SteadyMicros());
  response.body = problem ? rest::EncodeProblem(error, meta, of) : rest::EncodeError(error, meta, of);
  return Send(exchange, std::move(response), RowOf(error.code).name);
}

http::Response Front::Send(Exchange& exchange, http::Response response, std::string_view error_code) {
  coder_.Apply(exchange.request, exchange.codings, response);
  const size_t name_at = response.headers.size();
  response.Set("X-Request-Id", "");
  SetCommon(response);
  SetDeprecation(exchange, response);
  if (exchange.toll) exchange.toll->Describe(response);
  if (!exchange.own_pages) options_.cors.Apply(exchange.request, exchange.match.allow, response);
  const int64_t now = clock_.SteadyMicros();
  RequestDone done;
  done.wall_us = exchange.WallAt(now);
  done.request_id = exchange.context.request_id;
  done.trace = exchange.context.trace;
  done.method = exchange.request.method;
  done.route = exchange.match.route;
  if (exchange.match.operation != nullptr) done.operation = exchange.match.operation->name;
  if (exchange.match.batch) done.operation = "batch";
  done.status = response.status;
  done.error_code = error_code;
  done.caller_id = exchange.caller->id;
  done.total_us = now - exchange.begun.steady_us;
  done.auth_us = exchange.auth_us;
  done.decode_us = exchange.decode_us;
  done.plan_us = exchange.context.plan_us;
  done.queue_us = exchange.context.queue_us;
  done.store_us = exchange.context.store_us;
  done.encode_us = exchange.encode_us;
  done.statements = exchange.context.statements;
  done.bytes_out = static_cast<int64_t>(response.body.size());
  if (options_.development) response.Set("Server-Timing", ServerTiming(done));
  observer_.Observe(done);
  response.headers[name_at].value = std::move(exchange.context.request_id);  // nobody needs it any more
  return response;
}

http::Response Front::Options(Exchange& exchange) {
  http::Response response{204, {{"Allow", std::string(exchange.match.allow)}}, ""};
  const bool of_rows = !exchange.match.route.starts_with("/auth/");
  if (exchange.match.allow.contains("PATCH")) {
    response.Set("Accept-Patch", of_rows ? rest::kPatches : rest::kMergePatches);
  }
  if (exchange.match.allow.contains("QUERY")) response.Set("Accept-Query", std::string(rest::kJson));
  return Send(exchange, std::move(response), "");
}

std::optional<http::Response> Front::OnlyGet(Exchange& exchange) {
  const std::string& method = exchange.request.method;
  if (method == "GET" || method == "HEAD") return std::nullopt;
  if (method == "OPTIONS") return Options(exchange);
  return Error(exchange, {Code::kMethodNotAllowed, fmt::format("only {} is taken here", exchange.match.allow), {}});
}

http::Response Front::Health(Exchange& exchange) {
  const std::string& what = exchange.request.segments[1];
  bool live = what == "live";
  bool known = live || what == "ready";
  if (!known) return Error(exchange, {Code::kRouteNotFound, "there is nothing at this address", {}});
  exchange.match.route = live ? "/health/live" : "/health/ready";
  exchange.match.allow = "GET, HEAD, OPTIONS";
  if (auto other = OnlyGet(exchange)) return std::move(*other);
  if (!live) {
    if (Result<void> ready = options_.ready(); !ready) {
      const std::string& why = ready.error().message;
      std::string_view told = call::IsStorageFailed(why) ? why : RowOf(Code::kUnavailable).message;
      return Error(exchange, {Code::kUnavailable, std::string(told), {}});
    }
  }
  http::Response response;
  response.body = R"({"status":"ok"})";
  response.shared = &BrowserHeaders(AnswerKind::kHealth, options_.tls);
  return Send(exchange, std::move(response), "");
}

// A document of the service: kept by whoever asks, but asked about again, since the next start may have another.
http::Response Front::Show(const Pages::Page& page, Exchange& exchange) {
  if (!page.missing.empty()) return Error(exchange, {Code::kRouteNotFound, std::string(page.missing), {}});
  exchange.match.route = page.path;
  exchange.match.allow = page.takes_post ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS";
  const bool posted = page.takes_post && exchange.request.method == "POST";
  if (auto other = posted ? std::nullopt : OnlyGet(exchange)) return std::move(*other);
  http::Response response{200, {{"ETag", page.tag}, {"Cache-Control", "no-cache"}}, ""};
  const auto kind = page.policy.empty() ? AnswerKind::kKept : AnswerKind::kPage;
  if (exchange.codings.TakesNothing()) return Error(exchange, kUncodable);
  if (auto held = posted ? std::nullopt : Coder::Held(exchange.request, exchange.codings, page.tag)) {
    response = {304, {{"ETag", *held}, {"Cache-Control", "no-cache"}}, ""};
    response.shared = &BrowserHeaders(kind, options_.tls);
    return Send(exchange, std::move(response), "");
  }
  response.Set("Content-Type", std::string(page.type));
  response.shared = &BrowserHeaders(kind, options_.tls);
  if (!page.policy.empty()) {
    response.Set("Content-Security-Policy", std::string(page.policy));
    response.Set("Referrer-Policy", "no-referrer");
    response.Set("Cross-Origin-Opener-Policy", "same-origin");
  }
  Coder::Show(exchange.request, exchange.codings, page, response);
  return Send(exchange, std::move(response), "");
}

std::optional<http::Response> Front::Admit(const http::Request& head, const http::LagMeter& lag) {
  if (!head.segments.empty() && head.segments[0] == "health") return std::nullopt;  // tells how the others fare
  auto reason = admission_.Refuse(Writes(head.method), lag);
  if (!reason) return std::nullopt;
  return Overloaded(head, *reason);
}

// As cheap as can be, as there are many when there is no time: none has a line in the log, now and then all have one.
http::Response Front::Overloaded(const http::Request& head, std::string_view reason) {
  if (admission_.IsTimeToTell()) {
    int64_t refused = options_.shed->loop + options_.shed->writer;
    auto text = fmt::format("{}; {} requests refused since the start", reason, refused);
    observer_.Observe(Note{Severity::kWarning, "requests.shed", std::move(text)});
  }
  const call::ApiError error{Code::kOverloaded, std::string(reason), {}};
  const int64_t now = clock_.NowMicros();
  const std::string name = NameOf(head, now);
  const rest::Meta meta{now, name};
  auto accept = head.FindList("Accept");
  bool problem = accept && rest::Negotiate(*accept).problem;
  http::Response response;
  SetError(response, error);
  response.Set("Content-Type", std::string(problem ? rest::kProblem : rest::kJson));
  response.body = problem ? rest::EncodeProblem(error, meta) : rest::EncodeError(error, meta);
  response.Set("X-Request-Id", name);
  SetCommon(response);
  options_.cors.Apply(head, "", response);
  return response;
}

http::Response Front::Refuse(const http::Request& request, int status, std::string_view reason) {
  const Moment begun = Now();
  Exchange exchange(request, ContextOf(request, {}, begun), begun);
  http::Response response = Error(exchange, {CodeFor(status), std::string(reason), {}});
  response.status = status;
  return response;
}

http::Response Front::Failed(const http::Request& request, std::string_view what) {
  const Moment begun = Now();
  Exchange exchange(request, ContextOf(request, {}, begun), begun);
  observer_.Observe(Defect{exchange.context.request_id, "request", std::string(what)});
  return Error(exchange, {Code::kInternal, std::string(RowOf(Code::kInternal).message), {}});
}

}  // namespace ashlar::surface
