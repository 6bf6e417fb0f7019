// SPDX-License-Identifier: Apache-2.0
// Accounts: Users who sign in by providers, and what links them.
#include <algorithm>

#include "base/await.h"
#include "identity/accounts.h"
#include "identity/body.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;
using types::Detail;

constexpr int64_t kLatelyMicros = 10 * 60 * int64_t{1'000'000};  // since a User without a password has signed in

std::unexpected<call::ApiError> NoProvider() { return call::Refuse(Code::kNotFound, "there is no such provider"); }

}  // namespace

Task<call::Answer<bool>> Accounts::HasPassword(Context& context, std::string user) {
  auto found = co_await keeper_.Get(context, keeper_.credential(), std::move(user));
  if (!found && found.error().code == Code::kNotFound) co_return false;
  if (!found) co_return std::unexpected(found.error());
  co_return true;
}

Task<call::Answer<bool>> Accounts::HasJustComeIn(Context& context, std::string session) {
  if (session.empty()) co_return call::Refuse(Code::kForbidden, "this token is of no session");
  auto found = co_await keeper_.Get(context, keeper_.session(), std::move(session));
  if (!found && found.error().code == Code::kNotFound) {  // ended since the request came, by a removal for one
    co_return call::Refuse(Code::kUnauthenticated, std::string(call::RowOf(Code::kUnauthenticated).message));
  }
  if (!found) co_return std::unexpected(found.error());
  const int64_t begun = MicrosIn(keeper_.session(), found->rows, "createdAt");
  if (context.clock.NowMicros() - begun <= kLatelyMicros) co_return true;
  co_return call::Refuse(Code::kForbidden, "sign in again first: it was too long ago");
}

Task<call::Answer<bool>> Accounts::WithSecondFactor(Context& context, std::string user, std::string code, More more) {
  auto guarded = co_await second_factors_.IsOn(context, user);
  if (!guarded) co_return std::unexpected(guarded.error());
  if (!*guarded) {
    auto settled = co_await SettleUnproven(context, std::move(user), std::move(more));
    co_return settled;
  }
  auto attempt = co_await passwords_.Attempt(context, user);
  if (!attempt) co_return std::unexpected(attempt.error());
  More both = [&]() -> Task<call::Answer<Work>> {
    auto work = co_await more();
    if (!work) {
      auto taken_back = co_await passwords_.TakeBack(context, *attempt);
      if (!taken_back) co_return std::unexpected(taken_back.error());
      co_return std::unexpected(work.error());
    }
    auto used = co_await second_factors_.Using(context, *attempt, code);
    if (!used) co_return std::unexpected(used.error());
    for (call::Call& call : work->calls) used->push_back(std::move(call));
    co_return Work{std::move(*used), std::move(work->events), std::move(work->looks)};
  };
  auto settled = co_await Settle(context, *attempt, std::move(both));
  co_return settled;
}

Task<call::Answer<bool>> Accounts::StepUp(Context& context, std::string user, std::string session, std::string password,
                                          std::string code, More more) {
  auto has_password = co_await HasPassword(context, user);
  if (!has_password) co_return std::unexpected(has_password.error());
  if (!*has_password) {
    auto may = co_await HasJustComeIn(context, std::move(session));
    if (!may) co_return std::unexpected(may.error());
    auto settled = co_await SettleUnproven(context, std::move(user), std::move(more));
    co_return settled;
  }
  if (password.empty()) co_return std::unexpected(Invalid({MissingText("currentPassword", false)}));
  auto proven = co_await passwords_.ProveUser(context, user, password.substr(0, kMostPassword + 1));
  if (!proven) co_return std::unexpected(proven.error());
  More both = [&]() -> Task<call::Answer<Work>> {
    auto calls = co_await second_factors_.Using(context, *proven, code);
    if (!calls) co_return std::unexpected(calls.error());
    auto rest = co_await more();
    if (!rest) co_return std::unexpected(rest.error());
    for (call::Call& call : rest->calls) calls->push_back(std::move(call));
    co_return Work{std::move(*calls), std::move(rest->events), std::move(rest->looks)};
  };
  auto settled = co_await Settle(context, *proven, std::move(both));
  co_return settled;
}

// The ticket is looked at each time anew: of many who show it, one signs in. A second factor counts as one does after a
// password, with the same failures.
Task<call::Answer<SignedIn>> Accounts::LoginByTicket(Context& context, Json body, SignsIn from) {
  auto given = ReadTexts(body, {.needed = {"ticket"}, .optional = {"verifier", "code", "mode"}});
  if (!given) co_return std::unexpected(given.error());
  const bool browser = (*given)[3] == "cookie";
  if (body.Find("mode") != nullptr && (!browser || !identity_.cookies)) {
    co_return std::unexpected(Invalid({{"mode", Detail::kEnum, "must be cookie, where the contract opens it"}}));
  }
  if (browser == !(*given)[1].empty()) {
    co_return std::unexpected(Invalid({{"verifier", Detail::kRequired, "is needed for tokens, and for them alone"}}));
  }
  auto held = co_await sign_in_->Hold(context, (*given)[0], (*given)[1], from.sign_in);
  if (!held) co_return std::unexpected(held.error());
  const std::string id = held->user;
  auto row = co_await keeper_.Get(context, keeper_.user(), id);
  if (!row && row.error().code != Code::kNotFound) co_return std::unexpected(row.error());
  if (!row || !MaySignIn(keeper_.service(), row->rows)) co_return WrongTicket();
  const types::Uuid session = types::NewUuidV7(context.clock.NowMicros());
  More begin = [&]() -> Task<call::Answer<Work>> {
    auto good = co_await sign_in_->Hold(context, (*given)[0], (*given)[1], from.sign_in);
    if (!good) co_return std::unexpected(good.error());
    auto room = co_await sessions_.MakeRoom(context, id);
    if (!room) co_return std::unexpected(room.error());
    co_return Work{{sign_in_->Consuming(context, *good), links_.Holding(context, types::FormatUuid(good->flow.by)),
                    sessions_.Beginning(context, session, id, from.agent, browser)},
                   {{EventKind::kLoginSucceeded, id, types::FormatUuid(session)}}};
  };
  auto done = co_await WithSecondFactor(context, id, (*given)[2], std::move(begin));
  if (!done) co_return std::unexpected(done.error());
  auto user = co_await Me(context, id);
  if (!user) co_return std::unexpected(user.error());
  if (!browser) co_return SignedIn{sessions_.TokensOf(context, {session, 0}, id), std::move(*user)};
  auto before = co_await sessions_.EndCookie(context, std::move(from.cookie));
  if (!before) co_return std::unexpected(before.error());
  co_return SignedIn{{}, std::move(*user), true, sessions_.CookieOf(session), sessions_.CsrfOf(session)};
}

// Where it leads is known before anything is asked of whoever asks: neither a code nor an attempt is spent for nothing.
Task<call::Answer<Departure>> Accounts::BeginLink(Context& context, std::string user, std::string session, Json body,
                                                  Wish wish) {
  auto given = ReadTexts(body, {.needed = {}, .optional = {"currentPassword", "code", "returnTo"}});
  if (!given) co_return std::unexpected(given.error());
  if (!sign_in_ || sign_in_->Find(wish.provider) == nullptr) co_return NoProvider();
  auto who = types::ParseUuid(user), where = types::ParseUuid(session);
  if (!who || !where) co_return call::Refuse(Code::kForbidden, "this token is of no session");
  wish.return_to = (*given)[2];
  wish.user = *who;
  wish.session = *where;
  auto departure = co_await sign_in_->Begin(context, std::move(wish));
  if (!departure) co_return std::unexpected(departure.error());
  More nothing = []() -> Task<call::Answer<Work>> { co_return Work{}; };
  auto may =
      co_await StepUp(context, std::move(user), std::move(session), (*given)[0], (*given)[1], std::move(nothing));
  if (!may) co_return std::unexpected(may.error());
  co_return std::move(*departure);
}

// What takes a link away. Of a User without a password the one that is left must be there still when it is done: of two
// that go at once, one stays.
Task<call::Answer<Accounts::Calls>> Accounts::Unlinking(Context& context, std::string user, std::string issuer) {
  auto links = co_await links_.List(context, user);
  if (!links) co_return std::unexpected(links.error());
  auto has_password = co_await HasPassword(context, user);
  if (!has_password) co_return std::unexpected(has_password.error());
  const LinkSeen *gone = nullptr, *left = nullptr;
  for (const LinkSeen& link : *links) {
    const bool served = std::ranges::any_of(identity_.providers, [&](const model::OpenIdProvider& provider) {
      return provider.issuer.issuer == link.issuer;
    });
    if (link.issuer == issuer) {
      gone = &link;
    } else if (served) {
      left = &link;
    }
  }
  if (gone == nullptr) co_return call::Refuse(Code::kNotFound, "there is no such link");
  if (!*has_password && left == nullptr) {
    co_return call::Refuse(Code::kConflict, "there would be nothing left to sign in with: set a password first");
  }
  Calls calls{links_.Removing(*gone)};
  if (!*has_password) calls.push_back(links_.Holding(context, left->id));
  co_return calls;
}

Task<call::Answer<bool>> Accounts::EndLink(Context& context, std::string user, std::string session,
                                           std::string provider, Json body) {
  auto given = ReadTexts(body, {.needed = {}, .optional = {"currentPassword", "code"}});
  if (!given) co_return std::unexpected(given.error());
  const model::OpenIdProvider* found = sign_in_ ? sign_in_->Find(provider) : nullptr;
  if (found == nullptr) co_return NoProvider();
  if (session.empty()) co_return call::Refuse(Code::kForbidden, "this token is of no session");
  auto there = co_await Unlinking(context, user, found->issuer.issuer);
  if (!there) co_return std::unexpected(there.error());
  More unlink = [&]() -> Task<call::Answer<Work>> {
    auto calls = co_await Unlinking(context, user, found->issuer.issuer);
    if (!calls) co_return std::unexpected(calls.error());
    Work work{std::move(*calls), {{EventKind::kUserUpdated, user}}};
    auto all = co_await WithOthersEnding(context, std::move(work), user, session);
    co_return all;
  };
  auto done = co_await StepUp(context, user, session, (*given)[0], (*given)[1], std::move(unlink));
  co_return done;
}

}  // namespace ashlar::identity
