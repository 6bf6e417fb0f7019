// SPDX-License-Identifier: Apache-2.0
#include "surface/oauth/browser.h"

#include "base/await.h"
#include "base/base64.h"
#include "base/crypto/random.h"
#include "http/cookie.h"

namespace ashlar::surface::oauth {
namespace {

constexpr std::string_view kFormCookie = "__Host-form";
constexpr int64_t kFormSeconds = 3600;
constexpr size_t kFormBytes = 16;

// One that is given twice is none.
std::string CookieOf(const http::Request& request, std::string_view name) {
  auto found = http::FindCookie(request, name);
  return found && *found ? std::string(**found) : "";
}

}  // namespace

Browser::Browser(const Asked& asked) : asked_(asked) {
  visit_ = CookieOf(asked.request, identity::kVisitCookie);
  form_ = CookieOf(asked.request, kFormCookie);
  auto bytes = Base64UrlDecode(form_);
  known_ = bytes && bytes->size() == kFormBytes;
  if (known_) return;
  std::array<uint8_t, kFormBytes> fresh{};
  RandomBytes(fresh);
  form_ = Base64UrlEncode({reinterpret_cast<const char*>(fresh.data()), fresh.size()});
}

std::string Browser::WhereOf(std::string_view step) const { return fmt::format("{}\n{}", form_, step); }

std::string Browser::Seal(std::string_view step, std::string_view text) const {
  return asked_.provider.Seal(asked_.context, WhereOf(step), text, kFormSeconds);
}

std::optional<std::string> Browser::Open(std::string_view step) const {
  if (!asked_.own_page || !known_) return std::nullopt;
  return asked_.provider.Open(asked_.context, WhereOf(step), asked_.Parameter("form"));
}

void Browser::Remember(std::string cookie) {
  visit_ = std::move(cookie);
  changed_ = true;
}

void Browser::Forget() { Remember(""); }

void Browser::SetCookies(http::Response& response) const {
  if (!known_) response.Set("Set-Cookie", http::HostCookie(kFormCookie, form_));
  if (!changed_) return;
  response.Set("Set-Cookie", visit_.empty() ? http::NoHostCookie(identity::kVisitCookie)
                                            : http::LaxHostCookie(identity::kVisitCookie, visit_));
}

http::Response Browser::Show(int status, Page page, std::string_view target) const {
  const model::Service& service = asked_.provider.service();
  page.service = service.title.empty() ? service.name : service.title;
  http::Response response = PageAnswer(status, page, target);
  SetCookies(response);
  return response;
}

Task<std::expected<identity::Visitor, NotEntered>> EnterFrom(const Asked& asked, Browser& browser) {
  identity::Accounts::Proof proof{asked.Parameter("email"), asked.Parameter("password"), asked.Parameter("code")};
  auto entered = co_await asked.provider.Enter(asked.context, std::move(proof), asked.agent, browser.visit());
  if (entered) {
    browser.Remember(std::move(entered->cookie));
    co_return std::move(entered->visitor);
  }
  const call::Code code = entered.error().code;
  if (code == call::Code::kSecondFactorRequired) {
    co_return std::unexpected(NotEntered{403, "This account has a second factor: enter your password and its code."});
  }
  const int status = RowOf(code).status;
  if (status == 503) co_return std::unexpected(NotEntered{503, "Too many sign in at once. Try again in a moment."});
  if (status >= 500) co_return std::unexpected(NotEntered{500, "This does not work right now."});
  co_return std::unexpected(NotEntered{403, "The address, the password or the code is not right."});
}

}  // namespace ashlar::surface::oauth
