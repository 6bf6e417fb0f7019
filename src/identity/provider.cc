// SPDX-License-Identifier: Apache-2.0
#include "identity/provider.h"

#include <charconv>

#include "base/await.h"
#include "base/base64.h"
#include "base/crypto/aes_gcm.h"
#include "base/crypto/hmac.h"
#include "identity/browser_session.h"
#include "identity/owner.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

constexpr int64_t kMicros = 1'000'000;

}  // namespace

Provider::Provider(engine::Engine& engine, const ServiceKeys& keys, Accounts& accounts)
    : keeper_(engine),
      sessions_(keeper_, keys),
      keys_(keys),
      accounts_(accounts),
      clients_(keeper_, sessions_, keys),
      consents_(keeper_, keys.Derive("ashlar consent")),
      devices_(keeper_, clients_, keys.Derive("ashlar device")),
      registered_(keeper_),
      cookie_key_(keys.Derive("ashlar provider cookie")),
      seal_key_(HmacSha256(keys.Derive("ashlar provider seal"), "aes")) {}

Eventually<call::Answer<model::ClientPtr>> Provider::FindClient(Context& context, const std::string& id) {
  if (model::IsRegisteredId(id)) return registered_.Find(context, id);
  return call::Answer<model::ClientPtr>(model().Borrow(id));
}

Task<call::Answer<std::optional<Visitor>>> Provider::Visit(Context& context, std::string cookie) {
  auto session = ReadSessionCookie(cookie_key_, cookie);
  if (!session) co_return std::nullopt;
  const std::string id = types::FormatUuid(*session);
  auto found = co_await keeper_.Get(context, keeper_.session(), id);
  if (!found && found.error().code == Code::kNotFound) co_return std::nullopt;
  if (!found) co_return std::unexpected(found.error());
  if (!sessions_.IsOpenInBrowser(context, found->rows)) co_return std::nullopt;
  Visitor visitor{.user = IdIn(keeper_.session(), found->rows, "userId"),
                  .email = "",
                  .session = id,
                  .signed_in_at = MicrosIn(keeper_.session(), found->rows, "createdAt")};
  auto user = co_await keeper_.Get(context, keeper_.user(), visitor.user);
  if (!user && user.error().code == Code::kNotFound) co_return std::nullopt;
  if (!user) co_return std::unexpected(user.error());
  if (!MaySignIn(keeper_.service(), user->rows)) co_return std::nullopt;
  visitor.email = TextIn(keeper_.user(), user->rows, "email");
  co_await sessions_.KeepOpen(context, id, std::move(*found));
  co_return std::optional<Visitor>(std::move(visitor));
}

Task<call::Answer<Entered>> Provider::Enter(Context& context, Accounts::Proof proof, std::string agent,
                                            std::string cookie) {
  auto begun = co_await accounts_.SignIn(context, std::move(proof), std::move(agent), true);
  if (!begun) co_return std::unexpected(begun.error());
  auto before = co_await Leave(context, std::move(cookie));
  if (!before) co_return std::unexpected(before.error());
  Entered entered;
  entered.visitor = {.user = begun->user_id,
                     .email = TextIn(keeper_.user(), begun->user.rows, "email"),
                     .session = types::FormatUuid(begun->session),
                     .signed_in_at = context.clock.NowMicros()};
  entered.cookie = WriteSessionCookie(cookie_key_, begun->session);
  co_return entered;
}

Task<call::Answer<bool>> Provider::Leave(Context& context, std::string cookie) {
  auto session = ReadSessionCookie(cookie_key_, cookie);
  if (!session) co_return false;
  auto ended = co_await sessions_.EndIfLive(context, types::FormatUuid(*session));
  co_return ended;
}

Task<call::Answer<bool>> Provider::HasAgreed(Context& context, const Visitor& visitor, const Authorization& asked) {
  if (asked.ask) co_return false;
  if (asked.client->trusted) co_return true;
  auto covered = co_await consents_.Covers(context, visitor.user, asked.client->id, asked.scope);
  co_return covered;
}

Task<call::Answer<bool>> Provider::Agree(Context& context, const Visitor& visitor, const Authorization& asked) {
  if (asked.client->trusted) co_return true;
  auto given = co_await Give(context, visitor.user, asked.client, asked.scope);
  co_return given;
}

// What has to go for it goes as if its User had taken it back: its client holds nothing any more. What stays for some
// trouble goes the next time.
Task<call::Answer<bool>> Provider::Give(Context& context, std::string user, model::ClientPtr client,
                                        std::string scope) {
  auto given = co_await consents_.Give(context, user, *client, std::move(scope));
  if (!given || !model::IsRegisteredId(client->id)) co_return given;
  auto surplus = co_await consents_.Surplus(context, user);
  if (!surplus) co_return given;
  for (std::string& other : *surplus) (void)co_await Disagree(context, user, std::move(other));
  co_return given;
}

// Who takes consent back meanwhile gives no code any more.
Task<call::Answer<std::string>> Provider::IssueCode(Context& context, Visitor visitor, Authorization asked) {
  std::vector<Keeper::Look> looks;
  if (!asked.client->trusted) looks.push_back(consents_.Covering(visitor.user, asked.client->id, asked.scope));
  auto code = co_await clients_.IssueCode(context, std::move(visitor), std::move(asked), std::move(looks));
  co_return code;
}

Task<call::Answer<bool>> Provider::Decide(Context& context, DeviceWish wish, Visitor visitor, bool allows) {
  const model::ClientPtr client = wish.client;
  std::string user = visitor.user, scope = wish.scope;
  auto decided = co_await devices_.Decide(context, std::move(wish), std::move(visitor), allows);
  if (!decided || !*decided || !allows || client->trusted) co_return decided;
  auto given = co_await Give(context, std::move(user), client, std::move(scope));
  co_return given;
}

Task<call::Answer<std::vector<Consent>>> Provider::ListConsents(Context& context, std::string user) {
  auto list = co_await consents_.List(context, std::move(user));
  if (!list) co_return std::unexpected(list.error());
  for (Consent& consent : *list) {
    auto finding = FindClient(context, consent.client);
    auto client = co_await Await(std::move(finding));
    if (!client) co_return std::unexpected(client.error());
    consent.name = *client == nullptr ? consent.client : (*client)->ShownName();
  }
  co_return list;
}

Task<call::Answer<bool>> Provider::Disagree(Context& context, std::string user, std::string client) {
  auto taken = co_await consents_.TakeBack(context, user, client);
  if (!taken) co_return std::unexpected(taken.error());
  auto stopped = co_await devices_.TakeBack(context, user, client);
  if (!stopped) co_return std::unexpected(stopped.error());
  auto ended = co_await clients_.EndAll(context, std::move(user), std::move(client));
  if (!ended) co_return std::unexpected(ended.error());
  if (*taken || *stopped || *ended) co_return true;
  co_return call::Refuse(Code::kNotFound, "there is no such row");
}

Task<OauthAnswer<Json>> Provider::UserInfo(Context& context, std::string token) {
  auto live = co_await clients_.Look(context, std::move(token));
  if (!live) co_return std::unexpected(live.error());
  if (!*live || (*live)->refresh) co_return Deny("invalid_token", "the token is not valid, or no longer", 401);
  const ClientToken& claims = (*live)->claims;
  if (!HasScope(claims.scope, "openid")) co_return Deny("insufficient_scope", "the token lacks openid", 403);
  json::Object shown;
  shown.push_back({"sub", Json(claims.subject)});
  if (HasScope(claims.scope, "email")) {
    auto owner = co_await GetOwner(keeper_, context, claims.subject);
    if (!owner) co_return Unable(owner.error());
    shown.push_back({"email", Json(owner->email)});
    shown.push_back({"email_verified", Json(owner->verified)});
  }
  co_return Json(std::move(shown));
}

std::string Provider::Seal(const Context& context, std::string_view where, std::string_view text,
                           int64_t seconds) const {
  const int64_t until = context.clock.NowMicros() / kMicros + seconds;
  return Base64UrlEncode(SealAesGcm(seal_key_, where, fmt::format("{} {}", until, text)));
}

std::optional<std::string> Provider::Open(const Context& context, std::string_view where,
                                          std::string_view sealed) const {
  auto bytes = Base64UrlDecode(sealed);
  auto text = bytes ? OpenAesGcm(seal_key_, where, *bytes) : std::nullopt;
  if (!text) return std::nullopt;
  int64_t until = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), until);
  if (error != std::errc() || context.clock.NowMicros() / kMicros >= until) return std::nullopt;
  return text->substr(static_cast<size_t>(end - text->data()) + 1);
}

}  // namespace ashlar::identity
