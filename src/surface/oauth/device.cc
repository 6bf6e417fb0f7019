// SPDX-License-Identifier: Apache-2.0
// Devices without a browser (RFC 8628): what they are told, and the page on which a User says yes.
//
//   GET /oauth/activate  (sign in)?  (type the code)  (say yes or no)
#include "base/await.h"
#include "base/html.h"
#include "base/json/writer.h"
#include "identity/device_grants.h"
#include "surface/oauth/browser.h"
#include "surface/oauth/client_credential.h"
#include "surface/oauth/handlers.h"
#include "surface/oauth/wants.h"

namespace ashlar::surface::oauth {
namespace {

using identity::Visitor;

constexpr std::string_view kPlace = "/oauth/activate";
constexpr std::string_view kWrongCode = "That is not a code that waits for you. Look at your device again.";
constexpr size_t kMostCode = 40;

std::string StepOf(std::string_view what, const Visitor& visitor) {
  return fmt::format("{} {}", what, visitor.session);
}

http::Response AskToSignIn(const Asked& asked, const Browser& browser, const std::string& code, int status,
                           std::string alert) {
  Page page = SignInPage({std::string(kPlace), "your device", "", asked.Parameter("email"),
                          browser.Seal("activate", code.substr(0, kMostCode))});
  page.alert = std::move(alert);
  return browser.Show(status, std::move(page));
}

http::Response AskForCode(const Browser& browser, const Visitor& visitor, const std::string& code,
                          std::string_view alert) {
  Page page;
  page.title = "Connect a device";
  page.alert = alert;
  page.content = fmt::format("<p class=\"soft\">Signed in as {}</p>\n", EscapeHtml(visitor.email));
  std::string fields = Hidden("form", browser.Seal(StepOf("code", visitor), "-"));
  fields += fmt::format(R"(<label for="user_code">Code <span class="hint">As your device shows it</span></label>
<input id="user_code" name="user_code" required maxlength="40" autocomplete="off" spellcheck="false" value="{}">
)",
                        EscapeHtml(code.substr(0, kMostCode)));
  page.content += Form(kPlace, fields + Button("do", "code", "Continue"));
  return browser.Show(alert.empty() ? 200 : 400, std::move(page));
}

// Always asked, whoever the client is: somebody else may have begun it and sent the code (RFC 8628, 5.4).
http::Response AskToAllow(const Browser& browser, const Visitor& visitor, const identity::DeviceWish& wish,
                          const std::string& code) {
  Page page;
  page.title = fmt::format("Connect {}?", wish.client->name);
  page.content = fmt::format(
      "<p class=\"soft\">Signed in as {}</p>\n<p>The device that shows <strong>{}</strong> "
      "would like to:</p>\n<ul>\n",
      EscapeHtml(visitor.email), EscapeHtml(code.substr(0, kMostCode)));
  for (const std::string& want : WantsOf(wish.scope)) page.content += fmt::format("<li>{}</li>\n", EscapeHtml(want));
  page.content += "</ul>\n<p>Allow this only if the device is before you, and you began it yourself.</p>\n";
  page.content += Form(kPlace, Hidden("form", browser.Seal(StepOf("device", visitor), code.substr(0, kMostCode))) +
                                   Button("do", "allow", "Allow") + Button("do", "deny", "Do not allow", false));
  return browser.Show(200, std::move(page));
}

http::Response Declined(const Browser& browser) {
  return browser.Show(200, NoticePage("Not connected", "The device gets nothing."));
}

// Only a User denies anything: whoever has not signed in may not even know whether the code is one.
http::Response LeftOpen(const Browser& browser) {
  return browser.Show(200, NoticePage("Nothing was allowed",
                                      "You can close this page. Your device waits until its code is over; to turn it "
                                      "down now, sign in and say no."));
}

http::Response Failed(const Browser& browser) {
  return browser.Show(503, NoticePage("This does not work", "Too much is asked at once. Try again in a moment."));
}

Task<http::Response> SignIn(Asked& asked, Browser& browser, std::string code) {
  auto entered = co_await EnterFrom(asked, browser);
  if (!entered) co_return AskToSignIn(asked, browser, code, entered.error().status, entered.error().alert);
  co_return AskForCode(browser, *entered, code, "");
}

Task<http::Response> Decide(Asked& asked, Browser& browser, Visitor visitor, std::string code, bool allows) {
  auto wish = co_await asked.provider.devices().Find(asked.context, code);
  if (!wish) co_return Failed(browser);
  if (!*wish) co_return AskForCode(browser, visitor, "", kWrongCode);
  auto decided = co_await asked.provider.Decide(asked.context, std::move(**wish), visitor, allows);
  if (!decided) co_return Failed(browser);
  if (!*decided) co_return AskForCode(browser, visitor, "", kWrongCode);
  if (!allows) co_return Declined(browser);
  co_return browser.Show(200, NoticePage("Connected", "Go back to your device: it goes on by itself."));
}

Task<http::Response> AskAboutCode(Asked& asked, Browser& browser, Visitor visitor) {
  const std::string code = asked.Parameter("user_code");
  auto wish = co_await asked.provider.devices().Find(asked.context, code);
  if (!wish) co_return Failed(browser);
  if (!*wish) co_return AskForCode(browser, visitor, code, kWrongCode);
  co_return AskToAllow(browser, visitor, **wish, code);
}

}  // namespace

Task<http::Response> BeginDevice(Asked& asked) {
  auto client = co_await ReadClient(asked);
  if (!client) co_return ClientError(asked, client.error());
  if (!(*client)->Has(model::ClientGrant::kDevice)) {
    co_return ErrorAnswer({"unauthorized_client", "this client has no such grant"});
  }
  auto begun = co_await asked.provider.devices().Begin(asked.context, **client, asked.Parameter("scope"));
  if (!begun) co_return ErrorAnswer(begun.error());
  const std::string place = fmt::format("{}{}", asked.provider.model().issuer, kPlace);
  std::string body;
  json::Writer out(body);
  out.BeginObject();
  out.Field("device_code", begun->device_code);
  out.Field("user_code", begun->user_code);
  out.Field("verification_uri", place);
  out.Field("verification_uri_complete", fmt::format("{}?user_code={}", place, begun->user_code));
  out.Field("expires_in", begun->expires_in);
  out.Field("interval", begun->interval);
  out.EndObject();
  co_return JsonAnswer(200, std::move(body));
}

Task<http::Response> Activate(Asked& asked) {
  Browser browser(asked);
  auto visitor = co_await asked.provider.Visit(asked.context, browser.visit());
  if (!visitor) co_return Failed(browser);
  const std::string code = asked.Parameter("user_code");
  if (!*visitor) co_return AskToSignIn(asked, browser, code, 200, "");
  co_return AskForCode(browser, **visitor, code, "");
}

Task<http::Response> ConfirmDevice(Asked& asked) {
  Browser browser(asked);
  const std::string action = asked.Parameter("do");
  auto before = browser.Open("activate");
  if (before && action == "deny") co_return LeftOpen(browser);
  if (before && action == "login") {
    auto answer = co_await SignIn(asked, browser, std::move(*before));
    co_return answer;
  }
  auto visitor = co_await asked.provider.Visit(asked.context, browser.visit());
  if (!visitor) co_return Failed(browser);
  if (*visitor && action == "code" && browser.Open(StepOf("code", **visitor))) {
    auto answer = co_await AskAboutCode(asked, browser, std::move(**visitor));
    co_return answer;
  }
  auto code = *visitor ? browser.Open(StepOf("device", **visitor)) : std::nullopt;
  if (code && (action == "allow" || action == "deny")) {
    auto answer = co_await Decide(asked, browser, std::move(**visitor), std::move(*code), action == "allow");
    co_return answer;
  }
  co_return browser.Show(403, NoticePage("This does not work",
                                         "This page was open for too long, or your browser keeps no cookies. Start "
                                         "again."));
}

}  // namespace ashlar::surface::oauth
