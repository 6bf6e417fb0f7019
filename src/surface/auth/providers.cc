// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/await.h"
#include "http/cookie.h"
#include "identity/browser_session.h"
#include "surface/auth/encode.h"
#include "surface/auth/handlers.h"

namespace ashlar::surface::auth {
namespace {

using call::Code;

std::string ProviderOf(const Asked& asked) { return asked.request.segments[2]; }

std::string CookieOf(const identity::Departure& departure) {
  return http::LaxHostCookie(identity::kSignInCookie, departure.browser, identity::kFlowSeconds);
}

// What a page's link asks for, each once.
call::Answer<identity::Wish> ReadWish(const Asked& asked) {
  std::optional<std::string> challenge, mode, return_to;
  const std::pair<std::string_view, std::optional<std::string>*> known[] = {
      {"challenge", &challenge}, {"mode", &mode}, {"returnTo", &return_to}};
  for (const auto& [name, value] : asked.request.query) {
    auto found = std::ranges::find_if(known, [&](const auto& one) { return one.first == name; });
    if (found == std::end(known))
      return call::Refuse(Code::kInvalidQuery, "only challenge, mode and returnTo are taken");
    if (*found->second) return call::Refuse(Code::kInvalidQuery, fmt::format("'{}' is given more than once", name));
    *found->second = value;
  }
  if (mode && (*mode != "cookie" || !asked.service.identity->cookies)) {
    return call::Refuse(Code::kInvalidQuery, "'mode' must be cookie, where the contract opens it");
  }
  if (mode.has_value() == (challenge && !challenge->empty())) {
    return call::Refuse(Code::kInvalidQuery, "either 'challenge', for tokens, or 'mode=cookie' is needed");
  }
  identity::Wish wish;
  wish.provider = ProviderOf(asked);
  wish.return_to = return_to.value_or("");
  wish.challenge = challenge.value_or("");
  wish.browser = asked.sign_in();
  return wish;
}

// Pages of other sites do not sign their readers in here.
bool IsLedByAnotherSite(const Asked& asked) {
  auto site = asked.request.Find("Sec-Fetch-Site");
  return site && *site == "cross-site";
}

}  // namespace

Task<Answer> BeginProvider(Asked& asked) {
  identity::ProviderSignIn* sign_in = asked.accounts.sign_in();
  if (sign_in == nullptr) co_return call::Refuse(Code::kNotFound, "there is no such provider");
  auto wish = ReadWish(asked);
  if (!wish) co_return std::unexpected(wish.error());
  if (wish->challenge.empty() && IsLedByAnotherSite(asked)) {
    co_return call::Refuse(Code::kForbidden, "a page of another site gets no cookie");
  }
  auto departure = co_await sign_in->Begin(asked.context, std::move(*wish));
  if (!departure) co_return std::unexpected(departure.error());
  http::Response response = SeeOther(std::move(departure->url));
  response.Set("Set-Cookie", CookieOf(*departure));
  co_return response;
}

Task<Answer> ReturnFromProvider(Asked& asked) {
  identity::ProviderSignIn* sign_in = asked.accounts.sign_in();
  if (sign_in == nullptr) co_return call::Refuse(Code::kNotFound, "there is no such provider");
  auto arrival =
      co_await sign_in->Return(asked.context, ProviderOf(asked), asked.request.query, asked.sign_in(), asked.agent());
  if (!arrival) co_return std::unexpected(arrival.error());
  std::string url = arrival->return_to;
  if (!arrival->name.empty()) url += fmt::format("#{}={}", arrival->name, arrival->value);
  http::Response response = SeeOther(std::move(url));
  if (arrival->session.empty()) co_return response;
  auto before = co_await asked.accounts.sessions().EndCookie(asked.context, asked.cookie());
  if (!before) co_return std::unexpected(before.error());
  response.Set("Set-Cookie", http::HostCookie(identity::kSessionCookie, arrival->session));
  co_return response;
}

Task<Answer> BeginLink(Asked& asked) {
  identity::Wish wish;
  wish.provider = ProviderOf(asked);
  wish.browser = asked.sign_in();
  auto departure = co_await asked.accounts.BeginLink(asked.context, asked.user(), asked.session(),
                                                     std::move(asked.body), std::move(wish));
  if (!departure) co_return std::unexpected(departure.error());
  http::Response response = JsonAnswer(200, EncodeUrl(departure->url, asked.meta()));
  response.Set("Set-Cookie", CookieOf(*departure));
  co_return response;
}

Task<Answer> EndLink(Asked& asked) {
  auto ended = co_await asked.accounts.EndLink(asked.context, asked.user(), asked.session(), ProviderOf(asked),
                                               std::move(asked.body));
  if (!ended) co_return std::unexpected(ended.error());
  co_return NoContent();
}

}  // namespace ashlar::surface::auth
