// SPDX-License-Identifier: Apache-2.0
#include "identity/sessions.h"

#include <algorithm>
#include <array>

#include "base/await.h"
#include "identity/row.h"
#include "identity/token.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

constexpr int64_t kMicros = 1'000'000;
constexpr int kTries = 20;  // while others use the same token

std::unexpected<call::ApiError> Wrong() {
  return call::Refuse(Code::kInvalidCredentials, "the refresh token is not valid");
}

// The sessions of a kind, oldest first, and how many there may be.
struct Group {
  struct Member {
    std::string id, client;
  };
  size_t most_of_client, most;
  std::vector<Member> members;
};

size_t CountOf(const Group& group, const std::string& client) {
  return static_cast<size_t>(std::ranges::count(group.members, client, &Group::Member::client));
}

// Whose oldest goes, with one more of that client's coming or none (null); null: all may stay.
const std::string* TooMany(const Group& group, const std::string* coming) {
  const size_t more = coming == nullptr ? 0 : 1;
  if (coming != nullptr && CountOf(group, *coming) + more > group.most_of_client) return coming;
  if (group.members.size() + more <= group.most) return nullptr;
  auto fewer = [&](const Group::Member& a, const Group::Member& b) {
    return CountOf(group, a.client) < CountOf(group, b.client);
  };
  return &std::ranges::max_element(group.members, fewer)->client;
}

void Trim(Group& group, const std::string* coming, std::vector<std::string>& gone) {
  while (const std::string* client = TooMany(group, coming)) {
    auto oldest = std::ranges::find(group.members, *client, &Group::Member::client);
    gone.push_back(oldest->id);
    group.members.erase(oldest);
  }
}

// What is over, and the oldest beyond those that leave room for one more.
std::vector<std::string> Surplus(const model::Resource& session, const call::RowSet& rows, int64_t now,
                                 Sessions::Kind kind, const std::string& client) {
  std::array<Group, 3> groups{
      {{kMostSessions, kMostSessions, {}}, {kMostOfClient, kMostOfClients, {}}, {kCodesOfClient, kCodesOfClients, {}}}};
  auto of = [&](Sessions::Kind one) -> Group& { return groups[static_cast<size_t>(one)]; };
  std::vector<std::string> gone;
  for (size_t row = 0; row < rows.rows.size(); ++row) {
    Group::Member one{IdIn(session, rows, "id", row), TextIn(session, rows, "clientId", row)};
    if (!IsLive(session, rows, now, row)) {
      gone.push_back(std::move(one.id));
    } else if (NumberIn(session, rows, "step", row) < 0) {
      of(Sessions::Kind::kCode).members.push_back(std::move(one));
    } else {
      of(one.client.empty() ? Sessions::Kind::kOwn : Sessions::Kind::kClients).members.push_back(std::move(one));
    }
  }
  for (Group& group : groups) Trim(group, &group == &of(kind) ? &client : nullptr, gone);
  return gone;
}

}  // namespace

bool IsLive(const model::Resource& session, const call::RowSet& rows, int64_t now_micros, size_t row) {
  return MicrosIn(session, rows, "endedAt", row) == 0 && MicrosIn(session, rows, "expiresAt", row) > now_micros;
}

// Each by itself: another may have removed it meanwhile.
Task<call::Answer<bool>> Sessions::MakeRoom(Context& context, std::string user, Kind kind, std::string client) {
  const model::Resource& session = keeper_.session();
  for (int i = 0; i < kTries; ++i) {
    auto found = co_await keeper_.Do(context, keeper_.Finding(session, "userId", user));
    if (!found) co_return std::unexpected(found.error());
    std::vector<std::string> gone = Surplus(session, found->rows, context.clock.NowMicros(), kind, client);
    for (const std::string& id : gone) {
      auto removed = co_await keeper_.Do(context, keeper_.Removing(session, id));
      if (!removed && removed.error().code != Code::kNotFound) co_return std::unexpected(removed.error());
    }
    if (found->rows.rows.size() < static_cast<size_t>(session.page_max)) co_return true;
  }
  co_return call::Refuse(Code::kOverloaded, "too many sign in at once; try again later");
}

call::Call Sessions::Beginning(const Context& context, const types::Uuid& id, const std::string& user,
                               const std::string& agent, bool browser) const {
  const int64_t now = context.clock.NowMicros();
  Keeper::Body body;
  body.emplace_back("id", Json(types::FormatUuid(id)));
  body.emplace_back("userId", Json(user));
  body.emplace_back("step", NumberJson(0));
  body.emplace_back("rotatedAt", TimeJson(now));
  const int64_t lasts_s = browser ? std::min(identity_.idle_s, identity_.lifetime_s) : identity_.refresh_s;
  body.emplace_back("expiresAt", TimeJson(now + lasts_s * kMicros));
  body.emplace_back("agent", agent.empty() ? Json() : Json(agent));
  body.emplace_back("browser", Json(browser));
  return keeper_.Making(keeper_.session(), ToJson(std::move(body)));
}

Tokens Sessions::TokensOf(const Context& context, const RefreshToken& token, std::string user) const {
  const int64_t now = context.clock.NowMicros();
  Claims claims;
  claims.subject = user;
  claims.issued_at = now / kMicros;
  claims.expires_at = claims.issued_at + identity_.access_s;
  claims.id = types::FormatUuid(types::NewUuidV7(now));
  claims.session = types::FormatUuid(token.session);
  return {.user = std::move(user),
          .access = SignToken(keys_.signing(), keeper_.service().name, claims),
          .refresh = WriteRefreshToken(keys_.refresh(), token),
          .expires_in = identity_.access_s};
}

Task<call::Answer<Tokens>> Sessions::Refresh(Context& context, std::string refresh_token) {
  auto token = ReadRefreshToken(keys_.refresh(), refresh_token);
  if (!token) co_return Wrong();
  auto rotated = co_await Rotate(context, *token, "");
  if (!rotated) co_return std::unexpected(rotated.error());
  co_return TokensOf(context, rotated->next, std::move(rotated->user));
}

Task<call::Answer<Rotated>> Sessions::Rotate(Context& context, RefreshToken token, std::string client) {
  const model::Resource& session = keeper_.session();
  const std::string id = types::FormatUuid(token.session);
  for (int i = 0; i < kTries; ++i) {
    auto found = co_await keeper_.Get(context, session, id);
    if (!found && found.error().code == Code::kNotFound) co_return Wrong();
    if (!found) co_return std::unexpected(found.error());
    const int64_t now = context.clock.NowMicros();
    const int64_t step = NumberIn(session, found->rows, "step");
    if (!IsLive(session, found->rows, now) || token.step > step) co_return Wrong();
    if (TextIn(session, found->rows, "clientId") != client) co_return Wrong();
    std::string user = IdIn(session, found->rows, "userId");
    // One step in that time: whoever is slow is then one step behind, not two.
    const bool recent = step > 0 && now - MicrosIn(session, found->rows, "rotatedAt") <= kGraceMicros;
    const bool again = recent && token.step >= step - 1;
    if (token.step < step && !again) {
      auto ended = co_await Reused(context, std::move(user), id);
      if (!ended) co_return std::unexpected(ended.error());
      co_return call::Refuse(Code::kRefreshReused, std::string(RowOf(Code::kRefreshReused).message));
    }
    auto may = co_await MayGoOn(context, user);
    if (!may) co_return std::unexpected(may.error());
    Rotated next{{token.session, again ? step : step + 1}, std::move(user), TextIn(session, found->rows, "scope")};
    if (again) co_return next;
    Keeper::Body body;
    body.emplace_back("step", NumberJson(step + 1));
    body.emplace_back("rotatedAt", TimeJson(now));
    body.emplace_back("expiresAt", TimeJson(now + identity_.refresh_s * kMicros));
    auto rotated = co_await keeper_.Do(context, keeper_.Changing(session, id, std::move(body), found->version));
    if (rotated) co_return next;
    if (rotated.error().code == Code::kNotFound) co_return Wrong();
    if (rotated.error().code != Code::kPreconditionFailed) co_return std::unexpected(rotated.error());
  }
  co_return call::Refuse(Code::kOverloaded, "too many use this token at once; try again later");
}

Task<call::Answer<bool>> Sessions::Reused(Context& context, std::string user, std::string id) {
  std::vector<call::Call> calls{Ending(context, id)};
  std::vector events{Event{EventKind::kRefreshReused, std::move(user), id}};
  auto ended = co_await keeper_.DoAll(context, std::move(calls), std::move(events));
  if (!ended && ended.error().error.code != Code::kNotFound) co_return std::unexpected(ended.error().error);
  co_return true;
}

// Whether the User is there and may sign in.
Task<call::Answer<bool>> Sessions::MayGoOn(Context& context, std::string user) {
  auto found = co_await keeper_.Get(context, keeper_.user(), std::move(user));
  if (!found && found.error().code == Code::kNotFound) co_return Wrong();
  if (!found) co_return std::unexpected(found.error());
  if (!MaySignIn(keeper_.service(), found->rows)) co_return Wrong();
  co_return true;
}

Task<call::Answer<std::vector<SessionSeen>>> Sessions::List(Context& context, std::string user) {
  const model::Resource& session = keeper_.session();
  auto found = co_await keeper_.Do(context, keeper_.Finding(session, "userId", user));
  if (!found) co_return std::unexpected(found.error());
  std::vector<SessionSeen> list;
  for (size_t row = 0; row < found->rows.rows.size(); ++row) {
    if (!IsLive(session, found->rows, context.clock.NowMicros(), row)) continue;
    if (NumberIn(session, found->rows, "step", row) < 0) continue;  // a code that nobody has brought yet
    list.push_back({.id = IdIn(session, found->rows, "id", row),
                    .created_at = MicrosIn(session, found->rows, "createdAt", row),
                    .rotated_at = MicrosIn(session, found->rows, "rotatedAt", row),
                    .expires_at = MicrosIn(session, found->rows, "expiresAt", row),
                    .agent = TextIn(session, found->rows, "agent", row)});
  }
  co_return list;
}

call::Call Sessions::Ending(const Context& context, const std::string& id) const {
  Keeper::Body body;
  body.emplace_back("endedAt", TimeJson(context.clock.NowMicros()));
  return keeper_.Changing(keeper_.session(), id, std::move(body));
}

Keeper::Look Sessions::EndingAll(const Context& context, const std::string& user, std::string but) const {
  const model::Resource& session = keeper_.session();
  return {keeper_.Finding(session, "userId", user),
          [this, &context, &session, but = std::move(but)](const call::Outcome& found) -> Keeper::Judged {
            if (found.page && found.page->has_next) return call::Refuse(Code::kOverloaded, "too many sign in at once");
            std::vector<call::Call> calls;
            for (size_t row = 0; row < found.rows.rows.size(); ++row) {
              const std::string id = IdIn(session, found.rows, "id", row);
              const bool live = IsLive(session, found.rows, context.clock.NowMicros(), row);
              if (live && id != but) calls.push_back(Ending(context, id));
            }
            return calls;
          }};
}

Task<call::Answer<bool>> Sessions::EndIfLive(Context& context, std::string id, EventKind why) {
  const model::Resource& session = keeper_.session();
  auto found = co_await keeper_.Get(context, session, id);
  if (!found && found.error().code != Code::kNotFound) co_return std::unexpected(found.error());
  if (!found || !IsLive(session, found->rows, context.clock.NowMicros())) co_return false;
  std::vector<call::Call> calls{Ending(context, id)};
  std::vector events{Event{why, IdIn(session, found->rows, "userId"), id}};
  auto ended = co_await keeper_.DoAll(context, std::move(calls), std::move(events));
  if (!ended && ended.error().error.code != Code::kNotFound) co_return std::unexpected(ended.error().error);
  co_return ended.has_value();
}

Task<call::Answer<bool>> Sessions::End(Context& context, std::string user, std::string id) {
  const model::Resource& session = keeper_.session();
  auto found = co_await keeper_.Get(context, session, id);
  if (!found) co_return std::unexpected(found.error());
  bool own = IdIn(session, found->rows, "userId") == user && IsLive(session, found->rows, context.clock.NowMicros());
  if (!own) co_return call::Refuse(Code::kNotFound, "there is no such row");
  std::vector<call::Call> calls{Ending(context, id)};
  std::vector events{Event{EventKind::kSessionEnded, std::move(user), id}};
  auto ended = co_await keeper_.DoAll(context, std::move(calls), std::move(events));
  if (!ended) co_return std::unexpected(ended.error().error);
  co_return true;
}

}  // namespace ashlar::identity
