// SPDX-License-Identifier: Apache-2.0
#include "identity/accounts.h"

#include <algorithm>

#include "base/await.h"
#include "base/utf8.h"
#include "identity/profile.h"
#include "identity/removal.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;
using types::Detail;

constexpr int kTries = 20;  // while others change the same rows
constexpr size_t kMostMembers = 100;  // of a body

std::optional<call::ApiError> WrongShape(const Json& body) {
  if (body.object() != nullptr && body.object()->size() <= kMostMembers) return std::nullopt;
  return Invalid({{"", Detail::kWrongType, "must be an object of few members"}});
}

call::ErrorDetail Missing(std::string_view name) { return {std::string(name), Detail::kRequired, "is required"}; }
call::ErrorDetail NoText(std::string_view name) { return {std::string(name), Detail::kWrongType, "must be a text"}; }

// The texts of a body, in the order of their names. What else stands there is a mistake.
call::Answer<std::vector<std::string>> ReadTexts(const Json& body, std::initializer_list<std::string_view> names) {
  if (auto wrong = WrongShape(body)) return std::unexpected(std::move(*wrong));
  Details wrong;
  std::vector<std::string> texts;
  for (std::string_view name : names) {
    const Json* member = body.Find(name);
    if (member == nullptr) {
      wrong.push_back(Missing(name));
    } else if (member->string() == nullptr) {
      wrong.push_back(NoText(name));
    } else {
      texts.push_back(*member->string());
    }
  }
  for (const json::Member& member : *body.object()) {
    bool known = std::ranges::find(names, std::string_view(member.name)) != names.end();
    if (!known) wrong.push_back({member.name, Detail::kUnknownField, "is not taken here"});
  }
  if (!wrong.empty()) return std::unexpected(Invalid(std::move(wrong)));
  return texts;
}

std::unexpected<call::ApiError> Busy() {
  return call::Refuse(Code::kOverloaded, "too many change this account at once; try again later");
}

}  // namespace

Task<call::Answer<call::Outcome>> Accounts::Register(Context& context, Json body) {
  if (!identity_.registers) co_return call::Refuse(Code::kForbidden, "nobody can register here");
  if (auto wrong = WrongShape(body)) co_return std::unexpected(std::move(*wrong));
  Profile profile = ReadRegistration(keeper_.user(), body);
  const Json* email = body.Find("email");
  const std::string address = email == nullptr || email->string() == nullptr ? "" : *email->string();
  auto password = co_await NewPassword(context, body, "password", address, profile.wrong);
  if (!password) co_return std::unexpected(password.error());
  call::Call making = keeper_.Making(keeper_.user(), Json(std::move(profile.row)));
  if (!profile.wrong.empty()) {
    auto all = co_await WithTheRest(keeper_, context, "", std::move(making), std::move(profile.wrong));
    co_return std::unexpected(std::move(all));
  }
  auto hash = co_await passwords_.Hash(context, *password);
  if (!hash) co_return std::unexpected(hash.error());
  const std::string id = types::FormatUuid(types::NewUuidV7(context.clock.NowMicros()));
  std::get<json::Object>(making.body.value).push_back({"id", Json(id)});
  Keeper::Body credential;
  credential.emplace_back("id", Json(id));
  credential.emplace_back("password", Json(*hash));
  std::vector<call::Call> calls{std::move(making), keeper_.Making(keeper_.credential(), ToJson(std::move(credential)))};
  auto done = co_await keeper_.DoAll(context, std::move(calls));
  if (!done) co_return std::unexpected(done.error().error);
  auto made = co_await Me(context, id);
  co_return made;
}

// The new password that a body gives; what is wrong with it is added to `wrong`.
Task<call::Answer<std::string>> Accounts::NewPassword(Context& context, const Json& body, std::string field,
                                                      std::string email, Details& wrong) {
  const Json* given = body.Find(field);
  if (given == nullptr || given->string() == nullptr) {
    wrong.push_back(given == nullptr ? Missing(field) : NoText(field));
    co_return "";
  }
  auto verdict = co_await passwords_.Judge(context, std::move(field), *given->string(), std::move(email));
  if (!verdict) co_return std::unexpected(verdict.error());
  if (*verdict) wrong.push_back(std::move(**verdict));
  co_return *given->string();
}

Task<call::Answer<SignedIn>> Accounts::Login(Context& context, Json body, std::string agent) {
  auto given = ReadTexts(body, {"email", "password"});
  if (!given) co_return std::unexpected(given.error());
  if ((*given)[1].size() > kMostPassword) {
    co_return std::unexpected(
        Invalid({{"password", Detail::kTooLong, fmt::format("must have at most {} bytes", kMostPassword)}}));
  }
  auto proven = co_await passwords_.ProveByEmail(context, (*given)[0], (*given)[1]);
  if (!proven) co_return std::unexpected(proven.error());
  auto room = co_await sessions_.MakeRoom(context, proven->user);
  if (!room) co_return std::unexpected(room.error());
  auto user = co_await Me(context, proven->user);
  if (!user && user.error().code == Code::kNotFound) co_return WrongPassword();
  if (!user) co_return std::unexpected(user.error());
  const types::Uuid session = types::NewUuidV7(context.clock.NowMicros());
  for (int i = 0; i < kTries; ++i) {
    auto version = co_await passwords_.VersionOf(context, *proven);
    if (!version) co_return std::unexpected(version.error());
    std::vector<call::Call> calls{passwords_.Clearing(*proven, *version),
                                  sessions_.Beginning(context, session, proven->user, agent)};
    auto done = co_await keeper_.DoAllWhileEnabled(context, proven->user, std::move(calls));
    if (done) co_return SignedIn{sessions_.TokensOf(context, {session, 0}, proven->user), std::move(*user)};
    if (done.error().error.code == Code::kNotFound) co_return WrongPassword();
    if (done.error().error.code != Code::kPreconditionFailed) co_return std::unexpected(done.error().error);
  }
  co_return Busy();
}

Task<call::Answer<SignedIn>> Accounts::Refresh(Context& context, Json body) {
  auto given = ReadTexts(body, {"refreshToken"});
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
  auto data = co_await CollectOwnData(engine_, keeper_, sessions_, context, caller);
  co_return data;
}

Task<call::Answer<bool>> Accounts::DeleteMe(Context& context, std::string user, Json body,
                                            call::Preconditions preconditions) {
  auto given = ReadTexts(body, {"currentPassword"});
  if (!given) co_return std::unexpected(given.error());
  auto proven = co_await passwords_.ProveUser(context, user, (*given)[0].substr(0, kMostPassword + 1));
  if (!proven) co_return std::unexpected(proven.error());
  auto removed = co_await RemoveAccount(keeper_, passwords_, context, std::move(*proven), std::move(preconditions));
  co_return removed;
}

Task<call::Answer<bool>> Accounts::ChangePassword(Context& context, std::string user, std::string session, Json body) {
  auto given = ReadTexts(body, {"currentPassword", "newPassword"});
  if (!given) co_return std::unexpected(given.error());
  auto me = co_await Me(context, user);
  if (!me) co_return std::unexpected(me.error());
  auto wrong =
      co_await passwords_.Judge(context, "newPassword", (*given)[1], TextIn(keeper_.user(), me->rows, "email"));
  if (!wrong) co_return std::unexpected(wrong.error());
  if (*wrong) co_return std::unexpected(Invalid({std::move(**wrong)}));
  auto proven = co_await passwords_.ProveUser(context, user, (*given)[0].substr(0, kMostPassword + 1));
  if (!proven) co_return std::unexpected(proven.error());
  auto hash = co_await passwords_.Hash(context, (*given)[1]);
  if (!hash) co_return std::unexpected(hash.error());
  proven->rehash = std::move(*hash);
  auto done = co_await Replace(context, std::move(*proven), std::move(session));
  co_return done;
}

// Whoever signs in meanwhile changes the credential: it is looked again who has.
Task<call::Answer<bool>> Accounts::Replace(Context& context, Proven proven, std::string session) {
  for (int i = 0; i < kTries; ++i) {
    auto version = co_await passwords_.VersionOf(context, proven);
    if (!version) co_return std::unexpected(version.error());
    auto room = co_await sessions_.MakeRoom(context, proven.user);  // so that a page holds them all
    if (!room) co_return std::unexpected(room.error());
    auto list = co_await sessions_.List(context, proven.user);
    if (!list) co_return std::unexpected(list.error());
    std::vector<call::Call> calls{passwords_.Clearing(proven, *version)};
    for (const SessionSeen& seen : *list) {
      if (seen.id != session) calls.push_back(sessions_.Ending(context, seen.id));
    }
    auto done = co_await keeper_.DoAll(context, std::move(calls));
    if (done) co_return true;
    const Code code = done.error().error.code;
    if (code != Code::kPreconditionFailed && code != Code::kNotFound) co_return std::unexpected(done.error().error);
  }
  co_return Busy();
}

}  // namespace ashlar::identity
