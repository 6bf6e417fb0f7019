// SPDX-License-Identifier: Apache-2.0
#include "identity/accounts.h"

#include <algorithm>

#include "base/await.h"
#include "base/utf8.h"
#include "identity/body.h"
#include "identity/removal.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;
using types::Detail;

constexpr int kTries = 20;  // while others change the same rows

std::unexpected<call::ApiError> Busy() {
  return call::Refuse(Code::kOverloaded, "too many change this account at once; try again later");
}

}  // namespace

Task<call::Answer<std::optional<call::Outcome>>> Accounts::Register(Context& context, Json body) {
  if (auto wrong = WrongShape(body)) co_return std::unexpected(std::move(*wrong));
  const bool invited = !identity_.links.invite.empty() && body.Find("token") != nullptr;
  if (invited) {
    auto accepted = co_await Accept(context, std::move(body));
    co_return accepted;
  }
  if (!identity_.registers) co_return call::Refuse(Code::kForbidden, "nobody can register here");
  const bool proves = identity_.verification != model::Verification::kOff;
  if (proves && !sends()) co_return NoMails();
  const Json* email = body.Find("email");
  const bool addressed = email != nullptr && email->string() != nullptr;
  const std::string address = addressed ? *email->string() : "";
  Profile profile = ReadRegistration(keeper_.user(), body);
  auto password = co_await NewPassword(context, body, "password", address, profile.wrong);
  if (!password) co_return std::unexpected(password.error());
  call::Call making = keeper_.Making(keeper_.user(), Json(std::move(profile.row)));
  if (!profile.wrong.empty() || !addressed) {
    auto all = co_await WithTheRest(keeper_, context, "", std::move(making), std::move(profile.wrong));
    co_return std::unexpected(std::move(all));
  }
  auto hash = co_await passwords_.Hash(context, *password);
  if (!hash) co_return std::unexpected(hash.error());
  const std::string id = types::FormatUuid(types::NewUuidV7(context.clock.NowMicros()));
  std::get<json::Object>(making.body.value).push_back({"id", Json(id)});
  if (proves) {
    auto begun = co_await verification_.Register(context, {id, std::move(making.body), std::move(*hash)});
    if (!begun) co_return std::unexpected(begun.error());
    co_return std::nullopt;
  }
  Keeper::Body credential;
  credential.emplace_back("id", Json(id));
  credential.emplace_back("password", Json(*hash));
  std::vector<call::Call> calls{std::move(making), keeper_.Making(keeper_.credential(), ToJson(std::move(credential)))};
  std::vector events{Event{EventKind::kUserCreated, id}};
  auto done = co_await keeper_.DoAll(context, std::move(calls), std::move(events));
  if (!done) co_return std::unexpected(done.error().error);
  auto made = co_await Me(context, id);
  if (!made) co_return std::unexpected(made.error());
  co_return std::move(*made);
}

// {token, password} and a profile: the address is that of the invitation.
Task<call::Answer<std::optional<call::Outcome>>> Accounts::Accept(Context& context, Json body) {
  auto given = ReadTexts(body, {.needed = {"token"}, .more = true});
  if (!given) co_return std::unexpected(given.error());
  auto held = co_await mailroom_.Look(context, (*given)[0], {Purpose::kInvite});
  if (!held) co_return std::unexpected(held.error());
  const bool addressed = body.Find("email") != nullptr;
  auto& given_members = std::get<json::Object>(body.value);
  std::erase_if(given_members, [](const json::Member& one) { return one.name == "token" || one.name == "email"; });
  given_members.push_back({"email", Json(held->holder.email)});
  Profile profile = ReadRegistration(keeper_.user(), body);
  if (addressed) profile.wrong.push_back({"email", Detail::kReadOnly, "cannot be given here"});
  auto password = co_await NewPassword(context, body, "password", held->holder.email, profile.wrong);
  if (!password) co_return std::unexpected(password.error());
  call::Call making = keeper_.Making(keeper_.user(), Json(std::move(profile.row)));
  if (!profile.wrong.empty()) {
    auto all = co_await WithTheRest(keeper_, context, "", std::move(making), std::move(profile.wrong));
    co_return std::unexpected(std::move(all));
  }
  auto hash = co_await passwords_.Hash(context, *password);
  if (!hash) co_return std::unexpected(hash.error());
  const std::string id = types::FormatUuid(types::NewUuidV7(context.clock.NowMicros()));
  auto& members = std::get<json::Object>(making.body.value);
  members.push_back({"id", Json(id)});
  members.push_back({"emailVerified", Json(true)});
  json::Array roles(held->holder.roles.begin(), held->holder.roles.end());
  members.push_back({"roles", Json(std::move(roles))});
  Keeper::Body credential;
  credential.emplace_back("id", Json(id));
  credential.emplace_back("password", Json(*hash));
  std::vector<call::Call> calls{mailroom_.Consuming(context, *held), std::move(making),
                                keeper_.Making(keeper_.credential(), ToJson(std::move(credential)))};
  std::vector events{Event{EventKind::kUserCreated, id}};
  auto done = co_await keeper_.DoAll(context, std::move(calls), std::move(events));
  if (!done && done.error().call == 0) co_return WrongTicket();
  if (!done) co_return std::unexpected(done.error().error);
  auto made = co_await Me(context, id);
  if (!made) co_return std::unexpected(made.error());
  co_return std::move(*made);
}

// The new password that a body gives; what is wrong with it is added to `wrong`.
Task<call::Answer<std::string>> Accounts::NewPassword(Context& context, const Json& body, std::string field,
                                                      std::string email, Details& wrong) {
  const Json* given = body.Find(field);
  if (given == nullptr || given->string() == nullptr) {
    wrong.push_back(MissingText(field, given != nullptr));
    co_return "";
  }
  auto verdict = co_await passwords_.Judge(context, std::move(field), *given->string(), std::move(email));
  if (!verdict) co_return std::unexpected(verdict.error());
  if (*verdict) wrong.push_back(std::move(**verdict));
  co_return *given->string();
}

Task<call::Answer<SignedIn>> Accounts::Login(Context& context, Json body, SignsIn from) {
  if (sign_in_ && body.Find("ticket") != nullptr) {
    auto by_ticket = co_await LoginByTicket(context, std::move(body), std::move(from));
    co_return by_ticket;
  }
  auto given = identity_.cookies ? ReadTexts(body, {.needed = {"email", "password"}, .optional = {"code", "mode"}})
                                 : ReadTexts(body, {.needed = {"email", "password"}, .optional = {"code"}});
  if (!given) co_return std::unexpected(given.error());
  const bool browser = given->size() > 3 && (*given)[3] == "cookie";
  if (given->size() > 3 && !browser && body.Find("mode") != nullptr) {
    co_return std::unexpected(Invalid({{"mode", Detail::kEnum, "must be cookie, or be left out"}}));
  }
  Proof proof{std::move((*given)[0]), std::move((*given)[1]), std::move((*given)[2])};
  auto begun = co_await SignIn(context, std::move(proof), std::move(from.agent), browser);
  if (!begun) co_return std::unexpected(begun.error());
  if (!browser) {
    co_return SignedIn{sessions_.TokensOf(context, {begun->session, 0}, begun->user_id), std::move(begun->user)};
  }
  auto before = co_await sessions_.EndCookie(context, std::move(from.cookie));
  if (!before) co_return std::unexpected(before.error());
  co_return SignedIn{
      {}, std::move(begun->user), true, sessions_.CookieOf(begun->session), sessions_.CsrfOf(begun->session)};
}

Task<call::Answer<Begun>> Accounts::SignIn(Context& context, Proof proof, std::string agent, bool browser) {
  if (proof.password.size() > kMostPassword) {
    co_return std::unexpected(
        Invalid({{"password", Detail::kTooLong, fmt::format("must have at most {} bytes", kMostPassword)}}));
  }
  auto proven = co_await passwords_.ProveByEmail(context, std::move(proof.email), std::move(proof.password));
  if (!proven) co_return std::unexpected(proven.error());
  auto user = co_await Me(context, proven->user);
  if (!user && user.error().code == Code::kNotFound) co_return WrongCredentials();
  if (!user) co_return std::unexpected(user.error());
  const types::Uuid session = types::NewUuidV7(context.clock.NowMicros());
  More begin = [&]() -> Task<call::Answer<Work>> {
    auto calls = co_await second_factors_.Using(context, *proven, proof.code);
    if (!calls) co_return std::unexpected(calls.error());
    auto room = co_await sessions_.MakeRoom(context, proven->user);
    if (!room) co_return std::unexpected(room.error());
    calls->push_back(sessions_.Beginning(context, session, proven->user, agent, browser));
    co_return Work{std::move(*calls), {{EventKind::kLoginSucceeded, proven->user, types::FormatUuid(session)}}};
  };
  auto done = co_await Settle(context, *proven, std::move(begin));
  if (!done) co_return std::unexpected(done.error());
  co_return Begun{session, proven->user, std::move(*user)};
}

Task<call::Answer<SignedIn>> Accounts::Refresh(Context& context, Json body) {
  auto given = ReadTexts(body, {.needed = {"refreshToken"}});
  if (!given) co_return std::unexpected(given.error());
  auto tokens = co_await sessions_.Refresh(context, (*given)[0]);
  if (!tokens) co_return std::unexpected(tokens.error());
  auto user = co_await Me(context, tokens->user);
  if (!user) co_return std::unexpected(user.error());
  co_return SignedIn{std::move(*tokens), std::move(*user)};
}

Task<call::Answer<call::Outcome>> Accounts::Me(Context& context, std::string user) {
  auto found = co_await keeper_.Show(context, std::move(user));
  co_return found;
}

Task<call::Answer<call::Outcome>> Accounts::ChangeMe(Context& context, std::string user, Json body,
                                                     call::Preconditions preconditions) {
  if (auto wrong = WrongShape(body)) co_return std::unexpected(std::move(*wrong));
  auto me = co_await Me(context, user);
  if (!me) co_return std::unexpected(me.error());
  Profile profile = ReadChange(keeper_.user(), body, me->rows);
  call::Call change = keeper_.Changing(keeper_.user(), user, {});
  change.body = Json(std::move(profile.row));
  change.preconditions = std::move(preconditions);
  if (!profile.wrong.empty()) {
    auto all = co_await WithTheRest(keeper_, context, user, std::move(change), std::move(profile.wrong));
    co_return std::unexpected(std::move(all));
  }
  std::vector<call::Call> calls{std::move(change)};
  auto done = co_await keeper_.DoAllFor(context, user, std::move(calls));
  if (!done) co_return std::unexpected(std::move(done.error().error));
  auto changed = co_await Me(context, std::move(user));
  co_return changed;
}

Task<call::Answer<OwnData>> Accounts::Export(Context& context, const call::Caller& caller) {
  auto data = co_await CollectOwnData(engine_, keeper_, sessions_, api_keys_, links_, context, caller);
  co_return data;
}

Task<call::Answer<bool>> Accounts::DeleteMe(Context& context, std::string user, std::string session, Json body,
                                            call::Preconditions preconditions) {
  auto given = ReadTexts(body, {.needed = {}, .optional = {"currentPassword", "code"}});
  if (!given) co_return std::unexpected(given.error());
  auto has_password = co_await HasPassword(context, user);
  if (!has_password) co_return std::unexpected(has_password.error());
  if (!*has_password) {
    auto may = co_await HasJustComeIn(context, std::move(session));
    if (!may) co_return std::unexpected(may.error());
    std::function<Task<call::Answer<Calls>>()> nothing = []() -> Task<call::Answer<Calls>> { co_return Calls{}; };
    auto gone = co_await RemoveAccount(keeper_, passwords_, context, {.user = user}, std::move(preconditions), nothing);
    co_return gone;
  }
  if (body.Find("currentPassword") == nullptr) {
    co_return std::unexpected(Invalid({MissingText("currentPassword", false)}));
  }
  auto proven = co_await passwords_.ProveUser(context, user, (*given)[0].substr(0, kMostPassword + 1));
  if (!proven) co_return std::unexpected(proven.error());
  std::function<Task<call::Answer<Calls>>()> factor = [&]() -> Task<call::Answer<Calls>> {
    auto calls = co_await second_factors_.Using(context, *proven, (*given)[1]);
    co_return calls;
  };
  auto removed = co_await RemoveAccount(keeper_, passwords_, context, *proven, std::move(preconditions), factor);
  co_return removed;
}

Task<call::Answer<bool>> Accounts::ChangePassword(Context& context, std::string user, std::string session, Json body) {
  auto given = ReadTexts(body, {.needed = {"currentPassword", "newPassword"}, .optional = {"code"}});
  if (!given) co_return std::unexpected(given.error());
  auto me = co_await Me(context, user);
  if (!me) co_return std::unexpected(me.error());
  const std::string email = TextIn(keeper_.user(), me->rows, "email");
  auto wrong = co_await passwords_.Judge(context, "newPassword", (*given)[1], email);
  if (!wrong) co_return std::unexpected(wrong.error());
  if (*wrong) co_return std::unexpected(Invalid({std::move(**wrong)}));
  auto proven = co_await passwords_.ProveUser(context, user, (*given)[0].substr(0, kMostPassword + 1),
                                              EventKind::kPasswordChangeFailed);
  if (!proven) co_return std::unexpected(proven.error());
  auto hash = co_await passwords_.Hash(context, (*given)[1]);
  if (!hash) co_return std::unexpected(hash.error());
  proven->rehash = std::move(*hash);
  More replace = [&]() -> Task<call::Answer<Work>> {
    auto calls = co_await second_factors_.Using(context, *proven, (*given)[2]);
    if (!calls) co_return std::unexpected(calls.error());
    calls->push_back(mailroom_.Spoiling(context, Purpose::kReset, user));
    calls->push_back(mailroom_.Spoiling(context, Purpose::kChange, user));
    if (sends()) calls->push_back(mailroom_.Notice(context, MailKind::kPasswordChanged, email));
    Work work{std::move(*calls), {{EventKind::kPasswordChanged, user}}};
    auto all = co_await WithOthersEnding(context, std::move(work), user, session);
    co_return all;
  };
  auto done = co_await Settle(context, *proven, std::move(replace));
  if (done && sends()) mailroom_.Sent();
  co_return done;
}

// Whoever signs in meanwhile changes the credential: then all is looked at again.
Task<call::Answer<bool>> Accounts::Settle(Context& context, Proven proven, More more) {
  for (int i = 0; i < kTries; ++i) {
    auto version = co_await passwords_.VersionOf(context, proven);
    if (!version) co_return std::unexpected(version.error());
    auto work = co_await more();
    if (!work && work.error().code == Code::kInvalidCredentials) {  // the code
      Event event{proven.failed, proven.user};
      co_await keeper_.Tell(context, std::move(event));
    }
    if (!work) co_return std::unexpected(work.error());
    work->calls.push_back(passwords_.Clearing(proven, *version));
    auto done = co_await keeper_.DoAllWhileEnabled(context, proven.user, std::move(work->calls),
                                                   std::move(work->events), std::move(work->looks));
    if (done) co_return true;
    const Code code = done.error().error.code;
    if (code != Code::kPreconditionFailed && code != Code::kNotFound) co_return std::unexpected(done.error().error);
    auto gone = co_await IsGone(context, proven.user);
    if (!gone) co_return std::unexpected(gone.error());
    if (*gone) co_return WrongCredentials();
  }
  co_return Busy();
}

Task<call::Answer<bool>> Accounts::IsGone(Context& context, std::string user) {
  auto found = co_await keeper_.Get(context, keeper_.user(), std::move(user));
  if (!found && found.error().code == Code::kNotFound) co_return true;
  if (!found) co_return std::unexpected(found.error());
  co_return FlagIn(keeper_.user(), found->rows, "disabled");
}

Task<call::Answer<bool>> Accounts::SettleUnproven(Context& context, std::string user, More more) {
  for (int i = 0; i < kTries; ++i) {
    auto work = co_await more();
    if (!work) co_return std::unexpected(work.error());
    if (work->calls.empty()) co_return true;
    auto done = co_await keeper_.DoAllWhileEnabled(context, user, std::move(work->calls), std::move(work->events),
                                                   std::move(work->looks));
    if (done) co_return true;
    const Code code = done.error().error.code;
    if (code != Code::kPreconditionFailed && code != Code::kNotFound) co_return std::unexpected(done.error().error);
    auto gone = co_await IsGone(context, user);
    if (!gone) co_return std::unexpected(gone.error());
    if (*gone) co_return WrongCredentials();
  }
  co_return Busy();
}

Task<call::Answer<Accounts::Work>> Accounts::WithOthersEnding(Context& context, Work work, std::string user,
                                                              std::string session) {
  auto room = co_await sessions_.MakeRoom(context, user);  // so that a page holds them all
  if (!room) co_return std::unexpected(room.error());
  auto list = co_await sessions_.List(context, user);
  if (!list) co_return std::unexpected(list.error());
  for (const SessionSeen& seen : *list) {
    if (seen.id == session) continue;
    work.events.push_back({EventKind::kSessionEnded, user, seen.id});
  }
  work.looks.push_back(sessions_.EndingAll(context, user, std::move(session)));
  co_return work;
}

}  // namespace ashlar::identity
