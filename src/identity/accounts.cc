// SPDX-License-Identifier: Apache-2.0
#include "identity/accounts.h"

#include <algorithm>

#include "base/await.h"
#include "base/utf8.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;
using types::Detail;

constexpr int kTries = 20;  // while others change the same rows
constexpr size_t kMostProfile = 100;  // members of a body

call::ApiError Invalid(std::vector<call::ErrorDetail> details) {
  return {Code::kValidationError, std::string(RowOf(Code::kValidationError).message), std::move(details)};
}

// The texts of a body, in the order of their names. What else stands there is a mistake, unless `more` may.
call::Answer<std::vector<std::string>> ReadTexts(const Json& body, std::initializer_list<std::string_view> names,
                                                 bool more = false) {
  if (body.object() == nullptr || body.object()->size() > kMostProfile) {
    return std::unexpected(Invalid({{"", Detail::kWrongType, "must be an object of few members"}}));
  }
  std::vector<call::ErrorDetail> wrong;
  std::vector<std::string> texts;
  for (std::string_view name : names) {
    const Json* member = body.Find(name);
    if (member == nullptr) {
      wrong.push_back({std::string(name), Detail::kRequired, "is required"});
    } else if (member->string() == nullptr) {
      wrong.push_back({std::string(name), Detail::kWrongType, "must be a text"});
    } else {
      texts.push_back(*member->string());
    }
  }
  for (const json::Member& member : *body.object()) {
    bool known = std::ranges::find(names, std::string_view(member.name)) != names.end();
    if (!known && !more) wrong.push_back({member.name, Detail::kUnknownField, "is not taken here"});
  }
  if (!wrong.empty()) return std::unexpected(Invalid(std::move(wrong)));
  return texts;
}

std::unexpected<call::ApiError> Busy() {
  return call::Refuse(Code::kOverloaded, "too many change this account at once; try again later");
}

}  // namespace

bool IsOpen(const model::Field& field) {
  bool guarded = field.write != nullptr && !cel::IsTrue(field.write);
  return field.system == model::SystemField::kNone && !field.read_only && !field.computed && !guarded &&
         !field.relation.valid();
}

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
  auto given = ReadTexts(body, {"email", "password"}, true);
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
  if (!user) co_return std::unexpected(user.error());
  const types::Uuid session = types::NewUuidV7(context.clock.NowMicros());
  for (int i = 0; i < kTries; ++i) {
    auto version = co_await passwords_.VersionOf(context, *proven);
    if (!version) co_return std::unexpected(version.error());
    std::vector<call::Call> calls{passwords_.Clearing(*proven, *version),
                                  sessions_.Beginning(context, session, proven->user, agent)};
    auto done = co_await keeper_.DoAll(context, std::move(calls));
    if (done) co_return SignedIn{sessions_.TokensOf(context, {session, 0}, proven->user), std::move(*user)};
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

Task<call::Answer<bool>> Accounts::ChangePassword(Context& context, std::string user, std::string session, Json body) {
  auto given = ReadTexts(body, {"currentPassword", "newPassword"});
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
