// SPDX-License-Identifier: Apache-2.0
#include "identity/accounts.h"

#include "base/await.h"
#include "base/utf8.h"
#include "identity/body.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;
using types::Detail;

constexpr int kTries = 20;  // while others change the same rows

// Whether whoever makes an account may say what a field holds.
bool IsOpen(const model::Field& field) {
  bool guarded = field.write != nullptr && !cel::IsTrue(field.write);
  return field.system == model::SystemField::kNone && !field.read_only && !field.computed && !guarded &&
         !field.relation.valid();
}

std::unexpected<call::ApiError> Busy() {
  return call::Refuse(Code::kOverloaded, "too many change this account at once; try again later");
}

}  // namespace

// The row that a body makes of a new User, without its id.
call::Answer<Json> Accounts::Profile(const Json& body) const {
  const model::Resource& user = keeper_.user();
  std::vector<call::ErrorDetail> wrong;
  json::Object row;
  for (const json::Member& member : *body.object()) {
    if (member.name == "email" || member.name == "password") continue;
    model::FieldId field = user.FindField(member.name);
    if (!field.valid()) {
      wrong.push_back({member.name, Detail::kUnknownField, "is not a field of User"});
    } else if (!IsOpen(user.field(field))) {
      wrong.push_back({member.name, Detail::kReadOnly, "cannot be given here"});
    } else {
      row.push_back(member);
    }
  }
  if (!wrong.empty()) return std::unexpected(Invalid(std::move(wrong)));
  row.push_back({"email", Json(FoldCase(*body.Find("email")->string()))});
  return Json(std::move(row));
}

Task<call::Answer<call::Outcome>> Accounts::Register(Context& context, Json body) {
  if (!identity_.registers) co_return call::Refuse(Code::kForbidden, "nobody can register here");
  auto given = ReadTexts(body, {.needed = {"email", "password"}, .more = true});
  if (!given) co_return std::unexpected(given.error());
  if (auto wrong = WrongPassword(identity_, "password", (*given)[1], (*given)[0])) {
    co_return std::unexpected(Invalid({std::move(*wrong)}));
  }
  auto row = Profile(body);
  if (!row) co_return std::unexpected(row.error());
  auto hash = co_await passwords_.Hash(context, (*given)[1]);
  if (!hash) co_return std::unexpected(hash.error());
  const std::string id = types::FormatUuid(types::NewUuidV7(context.clock.NowMicros()));
  std::get<json::Object>(row->value).push_back({"id", Json(id)});
  Keeper::Body credential;
  credential.emplace_back("id", Json(id));
  credential.emplace_back("password", Json(*hash));
  std::vector<call::Call> calls{keeper_.Making(keeper_.user(), std::move(*row)),
                                keeper_.Making(keeper_.credential(), ToJson(std::move(credential)))};
  auto done = co_await keeper_.DoAll(context, std::move(calls));
  if (!done) co_return std::unexpected(done.error().error);
  auto made = co_await Me(context, id);
  co_return made;
}

Task<call::Answer<SignedIn>> Accounts::Login(Context& context, Json body, SignsIn from) {
  auto given = identity_.cookies ? ReadTexts(body, {.needed = {"email", "password"}, .optional = {"code", "mode"}})
                                 : ReadTexts(body, {.needed = {"email", "password"}, .optional = {"code"}});
  if (!given) co_return std::unexpected(given.error());
  const bool browser = given->size() > 3 && (*given)[3] == "cookie";
  if (given->size() > 3 && !browser && body.Find("mode") != nullptr) {
    co_return std::unexpected(Invalid({{"mode", Detail::kEnum, "must be cookie, or be left out"}}));
  }
  if ((*given)[1].size() > kMostPassword) {
    co_return std::unexpected(
        Invalid({{"password", Detail::kTooLong, fmt::format("must have at most {} bytes", kMostPassword)}}));
  }
  auto proven = co_await passwords_.ProveByEmail(context, (*given)[0], (*given)[1]);
  if (!proven) co_return std::unexpected(proven.error());
  auto user = co_await Me(context, proven->user);
  if (!user) co_return std::unexpected(user.error());
  const types::Uuid session = types::NewUuidV7(context.clock.NowMicros());
  More begin = [&]() -> Task<call::Answer<Calls>> {
    auto calls = co_await second_factors_.Using(context, *proven, (*given)[2]);
    if (!calls) co_return std::unexpected(calls.error());
    auto room = co_await sessions_.MakeRoom(context, proven->user);
    if (!room) co_return std::unexpected(room.error());
    calls->push_back(sessions_.Beginning(context, session, proven->user, from.agent, browser));
    co_return std::move(*calls);
  };
  auto done = co_await Settle(context, *proven, std::move(begin));
  if (!done) co_return std::unexpected(done.error());
  if (!browser) co_return SignedIn{sessions_.TokensOf(context, {session, 0}, proven->user), std::move(*user)};
  auto before = co_await sessions_.EndCookie(context, std::move(from.cookie));
  if (!before) co_return std::unexpected(before.error());
  co_return SignedIn{{}, std::move(*user), true, sessions_.CookieOf(session), sessions_.CsrfOf(session)};
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

Task<call::Answer<bool>> Accounts::ChangePassword(Context& context, std::string user, std::string session, Json body) {
  auto given = ReadTexts(body, {.needed = {"currentPassword", "newPassword"}, .optional = {"code"}});
  if (!given) co_return std::unexpected(given.error());
  auto me = co_await Me(context, user);
  if (!me) co_return std::unexpected(me.error());
  auto wrong = WrongPassword(identity_, "newPassword", (*given)[1], TextIn(keeper_.user(), me->rows, "email"));
  if (wrong) co_return std::unexpected(Invalid({std::move(*wrong)}));
  auto proven = co_await passwords_.ProveUser(context, user, (*given)[0].substr(0, kMostPassword + 1));
  if (!proven) co_return std::unexpected(proven.error());
  auto hash = co_await passwords_.Hash(context, (*given)[1]);
  if (!hash) co_return std::unexpected(hash.error());
  proven->rehash = std::move(*hash);
  More replace = [&]() -> Task<call::Answer<Calls>> {
    auto used = co_await second_factors_.Using(context, *proven, (*given)[2]);
    if (!used) co_return std::unexpected(used.error());
    auto calls = co_await WithOthersEnding(context, std::move(*used), user, session);
    co_return calls;
  };
  auto done = co_await Settle(context, *proven, std::move(replace));
  co_return done;
}

// Whoever signs in meanwhile changes the credential: then all is looked at again.
Task<call::Answer<bool>> Accounts::Settle(Context& context, Proven proven, More more) {
  for (int i = 0; i < kTries; ++i) {
    auto version = co_await passwords_.VersionOf(context, proven);
    if (!version) co_return std::unexpected(version.error());
    auto calls = co_await more();
    if (!calls) co_return std::unexpected(calls.error());
    calls->push_back(passwords_.Clearing(proven, *version));
    auto done = co_await keeper_.DoAll(context, std::move(*calls));
    if (done) co_return true;
    const Code code = done.error().error.code;
    if (code != Code::kPreconditionFailed && code != Code::kNotFound) co_return std::unexpected(done.error().error);
  }
  co_return Busy();
}

Task<call::Answer<Accounts::Calls>> Accounts::WithOthersEnding(Context& context, Calls calls, std::string user,
                                                               std::string session) {
  auto room = co_await sessions_.MakeRoom(context, user);  // so that a page holds them all
  if (!room) co_return std::unexpected(room.error());
  auto list = co_await sessions_.List(context, user);
  if (!list) co_return std::unexpected(list.error());
  for (const SessionSeen& seen : *list) {
    if (seen.id != session) calls.push_back(sessions_.Ending(context, seen.id));
  }
  co_return calls;
}

}  // namespace ashlar::identity
