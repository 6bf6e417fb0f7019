// SPDX-License-Identifier: Apache-2.0
#include "identity/accounts.h"

#include <algorithm>

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

// The row that a body makes of a new User, without its id; the members `beside` are none of it.
call::Answer<Json> Accounts::Profile(const Json& body, std::initializer_list<std::string_view> beside,
                                     const std::string& email) const {
  const model::Resource& user = keeper_.user();
  std::vector<call::ErrorDetail> wrong;
  json::Object row;
  for (const json::Member& member : *body.object()) {
    if (std::ranges::find(beside, std::string_view(member.name)) != beside.end()) continue;
    model::FieldId field = user.FindField(member.name);
    if (!field.valid()) {
      wrong.push_back({member.name, Detail::kUnknownField, "is not a field of User"});
    } else if (member.name == "email" || !IsOpen(user.field(field))) {
      wrong.push_back({member.name, Detail::kReadOnly, "cannot be given here"});
    } else {
      row.push_back(member);
    }
  }
  if (!wrong.empty()) return std::unexpected(Invalid(std::move(wrong)));
  row.push_back({"email", Json(FoldCase(email))});
  return Json(std::move(row));
}

Task<call::Answer<std::optional<call::Outcome>>> Accounts::Register(Context& context, Json body) {
  const bool invited = !identity_.links.invite.empty() && body.Find("token") != nullptr;
  if (invited) {
    auto accepted = co_await Accept(context, std::move(body));
    co_return accepted;
  }
  if (!identity_.registers) co_return call::Refuse(Code::kForbidden, "nobody can register here");
  auto given = ReadTexts(body, {.needed = {"email", "password"}, .more = true});
  if (!given) co_return std::unexpected(given.error());
  if (auto wrong = WrongPassword(identity_, "password", (*given)[1], (*given)[0])) {
    co_return std::unexpected(Invalid({std::move(*wrong)}));
  }
  auto row = Profile(body, {"email", "password"}, (*given)[0]);
  if (!row) co_return std::unexpected(row.error());
  auto hash = co_await passwords_.Hash(context, (*given)[1]);
  if (!hash) co_return std::unexpected(hash.error());
  const std::string id = types::FormatUuid(types::NewUuidV7(context.clock.NowMicros()));
  std::get<json::Object>(row->value).push_back({"id", Json(id)});
  if (identity_.verification != model::Verification::kOff) {
    if (!sends()) co_return NoMails();
    auto begun = co_await verification_.Register(context, {id, std::move(*row), std::move(*hash)});
    if (!begun) co_return std::unexpected(begun.error());
    co_return std::nullopt;
  }
  Keeper::Body credential;
  credential.emplace_back("id", Json(id));
  credential.emplace_back("password", Json(*hash));
  std::vector<call::Call> calls{keeper_.Making(keeper_.user(), std::move(*row)),
                                keeper_.Making(keeper_.credential(), ToJson(std::move(credential)))};
  auto done = co_await keeper_.DoAll(context, std::move(calls));
  if (!done) co_return std::unexpected(done.error().error);
  auto made = co_await Me(context, id);
  if (!made) co_return std::unexpected(made.error());
  co_return std::move(*made);
}

// {token, password} and a profile: the address is that of the invitation.
Task<call::Answer<std::optional<call::Outcome>>> Accounts::Accept(Context& context, Json body) {
  auto given = ReadTexts(body, {.needed = {"token", "password"}, .more = true});
  if (!given) co_return std::unexpected(given.error());
  auto held = co_await mailroom_.Look(context, (*given)[0], {Purpose::kInvite});
  if (!held) co_return std::unexpected(held.error());
  if (auto wrong = WrongPassword(identity_, "password", (*given)[1], held->holder.email)) {
    co_return std::unexpected(Invalid({std::move(*wrong)}));
  }
  auto row = Profile(body, {"token", "password"}, held->holder.email);
  if (!row) co_return std::unexpected(row.error());
  auto hash = co_await passwords_.Hash(context, (*given)[1]);
  if (!hash) co_return std::unexpected(hash.error());
  const std::string id = types::FormatUuid(types::NewUuidV7(context.clock.NowMicros()));
  auto& members = std::get<json::Object>(row->value);
  members.push_back({"id", Json(id)});
  members.push_back({"emailVerified", Json(true)});
  json::Array roles(held->holder.roles.begin(), held->holder.roles.end());
  members.push_back({"roles", Json(std::move(roles))});
  Keeper::Body credential;
  credential.emplace_back("id", Json(id));
  credential.emplace_back("password", Json(*hash));
  std::vector<call::Call> calls{mailroom_.Consuming(context, *held), keeper_.Making(keeper_.user(), std::move(*row)),
                                keeper_.Making(keeper_.credential(), ToJson(std::move(credential)))};
  auto done = co_await keeper_.DoAll(context, std::move(calls));
  if (!done && done.error().call == 0) co_return WrongTicket();
  if (!done) co_return std::unexpected(done.error().error);
  auto made = co_await Me(context, id);
  if (!made) co_return std::unexpected(made.error());
  co_return std::move(*made);
}

Task<call::Answer<SignedIn>> Accounts::Login(Context& context, Json body, std::string agent) {
  auto given = ReadTexts(body, {.needed = {"email", "password"}});
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
  auto given = ReadTexts(body, {.needed = {"currentPassword", "newPassword"}});
  if (!given) co_return std::unexpected(given.error());
  auto me = co_await Me(context, user);
  if (!me) co_return std::unexpected(me.error());
  const std::string email = TextIn(keeper_.user(), me->rows, "email");
  auto wrong = WrongPassword(identity_, "newPassword", (*given)[1], email);
  if (wrong) co_return std::unexpected(Invalid({std::move(*wrong)}));
  auto proven = co_await passwords_.ProveUser(context, user, (*given)[0].substr(0, kMostPassword + 1));
  if (!proven) co_return std::unexpected(proven.error());
  auto hash = co_await passwords_.Hash(context, (*given)[1]);
  if (!hash) co_return std::unexpected(hash.error());
  proven->rehash = std::move(*hash);
  auto done = co_await Replace(context, std::move(*proven), std::move(session), email);
  co_return done;
}

// Whoever signs in meanwhile changes the credential: it is looked again who has.
Task<call::Answer<bool>> Accounts::Replace(Context& context, Proven proven, std::string session, std::string email) {
  for (int i = 0; i < kTries; ++i) {
    auto version = co_await passwords_.VersionOf(context, proven);
    if (!version) co_return std::unexpected(version.error());
    auto room = co_await sessions_.MakeRoom(context, proven.user);  // so that a page holds them all
    if (!room) co_return std::unexpected(room.error());
    auto list = co_await sessions_.List(context, proven.user);
    if (!list) co_return std::unexpected(list.error());
    std::vector<call::Call> calls{passwords_.Clearing(proven, *version),
                                  mailroom_.Spoiling(context, Purpose::kReset, proven.user),
                                  mailroom_.Spoiling(context, Purpose::kChange, proven.user)};
    if (mailroom_.sends()) calls.push_back(mailroom_.Notice(context, MailKind::kPasswordChanged, email));
    for (const SessionSeen& seen : *list) {
      if (seen.id != session) calls.push_back(sessions_.Ending(context, seen.id));
    }
    auto done = co_await keeper_.DoAll(context, std::move(calls));
    if (done && mailroom_.sends()) mailroom_.Sent();
    if (done) co_return true;
    const Code code = done.error().error.code;
    if (code != Code::kPreconditionFailed && code != Code::kNotFound) co_return std::unexpected(done.error().error);
  }
  co_return Busy();
}

}  // namespace ashlar::identity
