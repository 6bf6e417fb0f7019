// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>

#include "base/context.h"
#include "engine/engine.h"
#include "http/handler.h"
#include "identity/accounts.h"
#include "identity/authenticator.h"
#include "identity/hash_pool.h"
#include "identity/provider.h"
#include "surface/auth/routes.h"
#include "surface/front/admission.h"
#include "surface/front/coder.h"
#include "surface/front/cors.h"
#include "surface/front/pages.h"
#include "surface/limits/limiter.h"
#include "surface/oauth/routes.h"
#include "surface/rest/encode.h"
#include "surface/rest/route.h"

namespace ashlar::surface {

// What answers of every kind are made with.
struct FrontOptions {
  int64_t request_micros = 10'000'000;  // a request's deadline
  std::function<Result<void>()> ready;  // for /health/ready
  std::shared_ptr<const Pages> pages;   // for /openapi.json and /docs; null: there are none
  Cors cors;
  AdmissionLimits admission;
  std::function<WritesWaiting()> writes_waiting = [] { return WritesWaiting{}; };  // for admission; thread safe
  std::shared_ptr<Shed> shed = std::make_shared<Shed>();                 // counts what admission refuses
  std::shared_ptr<engine::Underway> underway = std::make_shared<engine::Underway>();  // of all loops
  std::shared_ptr<identity::MailQueue> mails;  // of all loops; null: none are sent
  std::shared_ptr<identity::HashPool> passwords;  // of all loops; null: nobody signs in
  const identity::PasswordRules* password_rules = nullptr;  // likewise
  const identity::Issuers* issuers = nullptr;     // of all loops; null: only our own tokens are taken
  identity::OpenIdProviders* providers = nullptr;       // of all loops; null: nobody signs in with them
  std::shared_ptr<identity::KeyUses> key_uses;     // of all loops; null: nobody hears of them
  TrustedProxies proxies;               // that say for whom they ask
  std::shared_ptr<Limiter> limiter;     // null: the contract limits nobody
  bool tls = false;                     // browsers are told to come over TLS alone
  bool development = false;             // answers tell how long their stages took (Server-Timing)
};

// A loop's door: request id, health, route, credential, then the surface's decode, the engine, encode; one
// observation a request. One per loop; what it refers to must outlive it.
class Front final : public http::Handler {
 public:
  Front(const rest::Router& router, std::unique_ptr<store::Session> session, const plan::Planner& planner,
        const identity::ServiceKeys& keys, const FrontOptions& options, const Clock& clock, Observer& observer,
        std::unique_ptr<SharedBuckets> shared = nullptr);
  ~Front() override;

  // The templates of all addresses that are served: what the route of an observation can be.
  static std::vector<std::string> Routes(const rest::Router& router, const Pages& pages);

  Eventually<http::Response> Handle(const http::Request& request) override;
  std::optional<http::Response> Admit(const http::Request& head, const http::LagMeter& lag) override;
  http::Response Refuse(const http::Request& request, int status, std::string_view reason) override;
  http::Response Failed(const http::Request& request, std::string_view what) override;
  void TurnEnds() override { session_->TurnEnds(); }

 private:
  struct Exchange;
  // By both clocks. The wall clock is looked at now and then, and is as far from the steady one in between.
  struct Moment {
    int64_t steady_us = 0;
    int64_t wall_us = 0;
  };
  Moment Now();
  // The name that its client gave a request, or one made for it.
  static std::string NameOf(const http::Request& request, int64_t wall_us);
  // What comes behind each step of the toll; the same, where the step takes its time.
  using Step = Eventually<http::Response> (Front::*)(std::unique_ptr<Exchange> exchange);
  Eventually<http::Response> Behind(Eventually<bool> paid, std::unique_ptr<Exchange> exchange, Step step);
  Task<http::Response> AwaitPaid(Task<bool> paid, std::unique_ptr<Exchange> exchange, Step step);
  Eventually<http::Response> OfAddress(std::unique_ptr<Exchange> exchange);
  Eventually<http::Response> OfKeys(std::unique_ptr<Exchange> exchange);
  Eventually<http::Response> OfCaller(std::unique_ptr<Exchange> exchange);
  Eventually<http::Response> OfPage(std::unique_ptr<Exchange> exchange);
  Eventually<http::Response> OfBatch(std::unique_ptr<Exchange> exchange);
  Eventually<http::Response> WithCaller(std::unique_ptr<Exchange> exchange, call::Answer<call::CallerPtr> caller);
  void SetCommon(http::Response& response) const;
  Context ContextOf(const http::Request& request, Deadline deadline, const Moment& now);
  Task<http::Response> AwaitCaller(std::unique_ptr<Exchange> exchange, Task<call::Answer<call::CallerPtr>> caller);
  Task<http::Response> AwaitOutcome(std::unique_ptr<Exchange> exchange, Task<call::Answer<call::Outcome>> outcome);
  http::Response Finish(Exchange& exchange, const call::Answer<call::Outcome>& outcome);
  Eventually<http::Response> RunBatch(std::unique_ptr<Exchange> exchange);
  Task<http::Response> AwaitBatch(std::unique_ptr<Exchange> exchange, Task<engine::SequenceAnswer> done);
  http::Response FinishBatch(Exchange& exchange, engine::SequenceAnswer done);
  http::Response RefuseBatch(Exchange& exchange, const engine::Refused& refused);
  Eventually<http::Response> HandleAuth(std::unique_ptr<Exchange> exchange);
  Task<http::Response> RunAuth(std::unique_ptr<Exchange> exchange, const auth::Route& route, json::Json body);
  // front_provider.cc. What others ask who sign in with this service.
  bool IsOfProvider(const http::Request& request) const;
  Eventually<http::Response> HandleProvider(std::unique_ptr<Exchange> exchange);
  Task<http::Response> RunProvider(std::unique_ptr<Exchange> exchange, const oauth::Route& route);
  // front_browser.cc. Who asks; a page of another origin asks for nobody by its reader's cookie.
  Eventually<call::Answer<call::CallerPtr>> Identify(Exchange& exchange);
  bool HasSessionCookie(const http::Request& request) const;
  // The answer to who could not be identified; a cookie that is worth nothing any more is taken back.
  http::Response Unknown(Exchange& exchange, const call::ApiError& error);
  // The caller of the request, who must be a User; unless `keys`, not by an API key.
  Task<call::Answer<bool>> NeedUser(Exchange& exchange, bool keys);
  http::Response Limited(Exchange& exchange);
  http::Response Error(Exchange& exchange, const call::ApiError& error);
  http::Response Send(Exchange& exchange, http::Response response, std::string_view error_code);
  using Links = std::vector<std::pair<std::string, std::string>>;  // relation, target
  rest::Envelope Encode(const Exchange& exchange, const call::Outcome& outcome, const rest::Meta& meta,
                        Links neighbours) const;
  static Links Neighbours(const Exchange& exchange, const call::PageInfo& page);
  static void SetLinks(const Links& links, http::Response& response);
  void SetDeprecation(const Exchange& exchange, http::Response& response) const;
  http::Response Health(Exchange& exchange);
  http::Response Show(const Pages::Page& page, Exchange& exchange);
  // front_keys.cc
  static constexpr std::string_view kKeysPath = "/.well-known/jwks.json";
  static bool IsKeysPath(const http::Request& request);
  http::Response ShowKeys(Exchange& exchange);
  http::Response Overloaded(const http::Request& head, std::string_view reason);
  // What GET alone serves: OPTIONS is answered, other methods are refused; nothing for GET and HEAD.
  http::Response Options(Exchange& exchange);
  std::optional<http::Response> OnlyGet(Exchange& exchange);

  const rest::Router& router_;
  std::unique_ptr<store::Session> session_;
  engine::Engine engine_;
  const identity::ServiceKeys& keys_;
  identity::Authenticator authenticator_;
  std::optional<identity::Accounts> accounts_;
  std::optional<identity::Provider> provider_;
  const FrontOptions& options_;
  std::unique_ptr<SharedBuckets> shared_;  // null: limits are counted in this process alone
  const Clock& clock_;
  int64_t wall_ahead_us_ = 0;  // of the steady clock, as of then
  int64_t wall_seen_us_ = INT64_MIN / 2;
  Observer& observer_;
  TraceIds trace_ids_;
  Admission admission_;
  Coder coder_;
};

}  // namespace ashlar::surface
