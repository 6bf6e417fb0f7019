// SPDX-License-Identifier: Apache-2.0
// How a client has its User sign out here (OpenID Connect RP-Initiated Logout).
#include "base/await.h"
#include "surface/oauth/browser.h"
#include "surface/oauth/form.h"
#include "surface/oauth/handlers.h"
#include "surface/oauth/request.h"

namespace ashlar::surface::oauth {
namespace {

using identity::Visitor;

// What a client asks for.
struct Wish {
  std::optional<identity::IdToken> hint;
  std::string place;  // where the browser goes then; empty: nowhere
  std::string state;
  bool strangers = false;  // the place is of a client that nobody here knows
  bool unseen = false;     // and may be one that its User was never shown
};

// The address is one of the client's that the hint was given to, or that the request names, to the letter; the two must
// not be different. Nothing where the request is wrong.
Task<std::optional<Wish>> ReadWish(Asked& asked, const http::Parameters& parameters) {
  Wish wish;
  std::string id = identity::ParameterOf(parameters, "client_id");
  const std::string hint = identity::ParameterOf(parameters, "id_token_hint");
  if (!hint.empty()) {
    wish.hint = ReadHint(asked, hint);
    if (!wish.hint || (!id.empty() && id != wish.hint->client)) co_return std::nullopt;
    id = wish.hint->client;
  }
  wish.place = identity::ParameterOf(parameters, "post_logout_redirect_uri");
  wish.state = identity::ParameterOf(parameters, "state");
  auto finding = asked.provider.FindClient(asked.context, id);
  auto found = co_await Await(std::move(finding));
  const model::Client* client = found ? found->get() : nullptr;
  if (client == nullptr) wish.hint = std::nullopt;  // of one that is gone it is worth nothing
  if (wish.place.empty()) co_return wish;
  const bool own =
      client != nullptr && std::ranges::find(client->after_logout, wish.place) != client->after_logout.end();
  if (!own) co_return std::nullopt;
  wish.strangers = client->stranger;
  wish.unseen = !client->HasOneOrigin(model::RedirectOriginOf(wish.place));
  co_return wish;
}

// `known`: the client is one that this browser's User has signed in with.
http::Response Leave(Browser& browser, const Wish& wish, bool known) {
  if (wish.place.empty()) return browser.Show(200, NoticePage("Signed out", "You have signed out here."));
  std::string place = wish.place;
  if (!wish.state.empty()) {
    place += fmt::format("{}{}", place.contains('?') ? "&" : "?", WriteForm({{"state", wish.state}}));
  }
  if (wish.strangers && (!known || wish.unseen)) {
    return browser.Show(200, OnwardPage("Signed out", "You have signed out here, if you were signed in.", place));
  }
  http::Response response{303, {{"Location", std::move(place)}}, ""};
  browser.SetCookies(response);
  return response;
}

Task<http::Response> SignOut(Asked& asked, Browser& browser, const Wish& wish, bool known) {
  auto left = co_await asked.provider.Leave(asked.context, browser.visit());
  if (!left) co_return browser.Show(503, NoticePage("This does not work", "Try again in a moment."));
  browser.Forget();
  co_return Leave(browser, wish, known);
}

std::string StepOf(const Visitor& visitor) { return fmt::format("logout {}", visitor.session); }

http::Response Wrong(const Browser& browser) {
  return browser.Show(400, NoticePage("This does not work",
                                      "The program that sent you here asked for something that it may not have. You "
                                      "are still signed in, if you were."));
}

}  // namespace

// Asked of whom the client knows not to be somebody else, nothing more; else the User is asked, as any page can lead
// here.
Task<http::Response> Logout(Asked& asked) {
  Browser browser(asked);
  auto wish = co_await ReadWish(asked, asked.parameters);
  if (!wish) co_return Wrong(browser);
  auto visitor = co_await asked.provider.Visit(asked.context, browser.visit());
  if (!visitor) co_return browser.Show(503, NoticePage("This does not work", "Try again in a moment."));
  if (!*visitor) co_return Leave(browser, *wish, false);
  if (wish->hint && wish->hint->session == (*visitor)->session) {
    auto answer = co_await SignOut(asked, browser, *wish, true);
    co_return answer;
  }
  Page page = SignOutPage((*visitor)->email, browser.Seal(StepOf(**visitor), WriteForm(asked.parameters)));
  const std::string_view target = wish->place.empty() ? "" : model::RedirectOriginOf(wish->place);
  co_return browser.Show(200, std::move(page), target);
}

Task<http::Response> ConfirmLogout(Asked& asked) {
  if (asked.Parameter("form").empty()) {
    auto answer = co_await Logout(asked);
    co_return answer;
  }
  Browser browser(asked);
  auto visitor = co_await asked.provider.Visit(asked.context, browser.visit());
  if (!visitor) co_return browser.Show(503, NoticePage("This does not work", "Try again in a moment."));
  auto text = *visitor ? browser.Open(StepOf(**visitor)) : std::nullopt;
  if (!text) {
    co_return browser.Show(403, NoticePage("This does not work", "This page was open for too long. Start again."));
  }
  if (asked.Parameter("do") != "logout") {
    co_return browser.Show(200, NoticePage("Still signed in", "You have not signed out."));
  }
  const http::Parameters parameters = http::ParseQuery(*text).value_or(http::Parameters());
  auto wish = co_await ReadWish(asked, parameters);
  if (!wish) co_return Wrong(browser);
  auto answer = co_await SignOut(asked, browser, *wish, false);
  co_return answer;
}

}  // namespace ashlar::surface::oauth
