// SPDX-License-Identifier: Apache-2.0
// The pages on which a User signs in for a client and agrees to what it gets. A request goes along with each form,
// sealed, and is judged anew each time; nothing is kept of it.
//
//   GET /oauth/authorize  (sign in)?  (agree)?  back to the client
#include "base/await.h"
#include "surface/oauth/browser.h"
#include "surface/oauth/form.h"
#include "surface/oauth/handlers.h"
#include "surface/oauth/push.h"
#include "surface/oauth/request.h"
#include "surface/oauth/wants.h"

namespace ashlar::surface::oauth {
namespace {

using identity::Authorization;
using identity::ReturnTo;
using identity::Visitor;

// A request under way.
struct Flow {
  Asked& asked;
  Browser& browser;
  const http::Parameters& parameters;  // of the client's request
  const Authorization& want;
  bool seen = false;  // its User has had a page of ours about it
  std::string_view origin() const { return model::RedirectOriginOf(want.to.redirect_uri); }
};

// RFC 6749, 4.1.2; RFC 9207; never 307, which would send a form's password along (RFC 9700, 4.12). Where anybody may
// register a client, anybody could lead browsers from here to a page of theirs: to a stranger's client they go on
// unasked only if their User has seen whose it is (RFC 9700, 4.11.2).
http::Response Return(const Asked& asked, const Browser& browser, const model::Client& client, const ReturnTo& to,
                      http::Parameters parameters, bool seen) {
  parameters.emplace_back("iss", asked.provider.model().issuer);
  if (!to.state.empty()) parameters.emplace_back("state", to.state);
  if (to.form_post) {
    const std::string_view origin = model::RedirectOriginOf(to.redirect_uri);
    Page page = ReturnPage(client.name, to.redirect_uri, parameters);
    page.content = Caution(client, origin) + page.content;
    return browser.Show(200, std::move(page), origin);
  }
  const char* mark = to.redirect_uri.contains('?') ? "&" : "?";
  std::string place = fmt::format("{}{}{}", to.redirect_uri, mark, WriteForm(parameters));
  if (client.stranger && !seen) {
    return browser.Show(200, OnwardPage("You are leaving", "The program does not get what it asked for.", place));
  }
  http::Response response{303, {}, ""};
  response.Set("Location", std::move(place));
  browser.SetCookies(response);
  return response;
}

http::Response ReturnError(const Asked& asked, const Browser& browser, const model::Client& client, const ReturnTo& to,
                           const identity::OauthError& error, bool seen) {
  return Return(asked, browser, client, to,
                {{"error", std::string(error.error)}, {"error_description", error.description}}, seen);
}

http::Response Refuse(const Flow& flow, std::string_view error, std::string description) {
  return ReturnError(flow.asked, flow.browser, *flow.want.client, flow.want.to, {error, std::move(description), 400},
                     flow.seen);
}

http::Response Failed(const Flow& flow, const call::ApiError& error) {
  return ReturnError(flow.asked, flow.browser, *flow.want.client, flow.want.to, identity::Unable(error).error(),
                     flow.seen);
}

http::Response AskToSignIn(const Flow& flow, int status, std::string email, std::string alert) {
  const std::string sealed = flow.browser.Seal("login", WriteForm(flow.parameters));
  Page page = SignInPage({"/oauth/authorize", flow.want.client->name, Caution(*flow.want.client, flow.origin()),
                          std::move(email), sealed});
  page.alert = std::move(alert);
  return flow.browser.Show(status, std::move(page), flow.origin());
}

std::string StepOfConsent(const Visitor& visitor) { return fmt::format("consent {}", visitor.session); }

http::Response AskToAgree(const Flow& flow, const Visitor& visitor) {
  Page page =
      ConsentPage({flow.want.client->name, Caution(*flow.want.client, flow.origin()), visitor.email,
                   WantsOf(flow.want.scope), flow.browser.Seal(StepOfConsent(visitor), WriteForm(flow.parameters))});
  return flow.browser.Show(200, std::move(page), flow.origin());
}

Task<http::Response> GiveCode(Flow& flow, Visitor visitor) {
  auto code = co_await flow.asked.provider.IssueCode(flow.asked.context, std::move(visitor), flow.want);
  if (!code) co_return Failed(flow, code.error());
  http::Parameters parameters{{"code", *code}};
  co_return Return(flow.asked, flow.browser, *flow.want.client, flow.want.to, std::move(parameters), true);
}

// What comes once it is known who has signed in; `now`: a moment ago.
Task<http::Response> Proceed(Flow& flow, std::optional<Visitor> visitor, bool now) {
  const int64_t age_us = visitor ? flow.asked.context.clock.NowMicros() - visitor->signed_in_at : 0;
  const bool old = flow.want.max_age_s && age_us > *flow.want.max_age_s * 1'000'000;
  // A client that means somebody gets no answer of anybody else (OpenID Connect Core, 3.1.2.2).
  const bool another = visitor && !flow.want.subject.empty() && visitor->user != flow.want.subject;
  if (another && now) co_return Refuse(flow, "login_required", "somebody else than id_token_hint says has signed in");
  if (!visitor || another || (!now && (flow.want.sign_in || old))) {
    if (flow.want.silent) co_return Refuse(flow, "login_required", "the user has not signed in");
    co_return AskToSignIn(flow, 200, flow.want.login_hint, "");
  }
  auto agreed = co_await flow.asked.provider.HasAgreed(flow.asked.context, *visitor, flow.want);
  if (!agreed) co_return Failed(flow, agreed.error());
  if (!*agreed && flow.want.silent) co_return Refuse(flow, "consent_required", "the user has not agreed to it");
  if (!*agreed) co_return AskToAgree(flow, *visitor);
  auto answer = co_await GiveCode(flow, std::move(*visitor));
  co_return answer;
}

Task<http::Response> SignIn(Flow& flow) {
  auto visitor = co_await EnterFrom(flow.asked, flow.browser);
  if (!visitor && visitor.error().status == 500) co_return Refuse(flow, "server_error", "this could not be done");
  if (!visitor) {
    co_return AskToSignIn(flow, visitor.error().status, flow.asked.Parameter("email"), visitor.error().alert);
  }
  auto answer = co_await Proceed(flow, std::move(*visitor), true);
  co_return answer;
}

Task<http::Response> Agree(Flow& flow, Visitor visitor) {
  auto given = co_await flow.asked.provider.Agree(flow.asked.context, visitor, flow.want);
  if (!given) co_return Failed(flow, given.error());
  auto answer = co_await GiveCode(flow, std::move(visitor));
  co_return answer;
}

http::Response Notice(const Browser& browser, int status, std::string_view text) {
  return browser.Show(status, NoticePage("This does not work", text));
}

http::Response Refused(const Asked& asked, const Browser& browser, const identity::NotAuthorized& why, bool seen) {
  if (!why.to) return Notice(browser, why.error.status, why.error.description);
  return ReturnError(asked, browser, *why.client, *why.to, why.error, seen);
}

}  // namespace

Task<http::Response> Authorize(Asked& asked) {
  Browser browser(asked);
  auto parameters = TakePushed(asked, asked.parameters);
  if (!parameters) co_return Notice(browser, 400, "What the program asked for is over. Go back to it and start again.");
  auto want = co_await ReadRequest(asked, *parameters);
  if (!want) co_return Refused(asked, browser, want.error(), false);
  auto visitor = co_await asked.provider.Visit(asked.context, browser.visit());
  Flow flow{asked, browser, *parameters, *want};
  if (!visitor) co_return Failed(flow, visitor.error());
  auto answer = co_await Proceed(flow, std::move(*visitor), false);
  co_return answer;
}

// A form of ours, or a client's request by POST (OpenID Connect Core, 3.1.2.1).
Task<http::Response> Continue(Asked& asked) {
  if (asked.Parameter("form").empty()) {
    auto answer = co_await Authorize(asked);
    co_return answer;
  }
  Browser browser(asked);
  auto visitor = co_await asked.provider.Visit(asked.context, browser.visit());
  if (!visitor) co_return Notice(browser, 503, "Too much is asked at once. Try again in a moment.");
  const std::string action = asked.Parameter("do");
  std::optional<std::string> text;
  if (action == "login" || action == "deny") text = browser.Open("login");
  if (!text && *visitor && action != "login") text = browser.Open(StepOfConsent(**visitor));
  if (!text || (action != "login" && action != "allow" && action != "deny")) {
    co_return Notice(browser, 403,
                     "This page was open for too long, or your browser keeps no cookies. Go back to the "
                     "program and start again.");
  }
  const http::Parameters parameters = http::ParseQuery(*text).value_or(http::Parameters());
  auto want = co_await ReadRequest(asked, parameters);
  if (!want) co_return Refused(asked, browser, want.error(), true);
  Flow flow{asked, browser, parameters, *want, true};
  if (action == "deny") co_return Refuse(flow, "access_denied", "the user does not want it");
  if (action == "login") {
    auto answer = co_await SignIn(flow);
    co_return answer;
  }
  auto answer = co_await Agree(flow, std::move(**visitor));
  co_return answer;
}

}  // namespace ashlar::surface::oauth
