// SPDX-License-Identifier: Apache-2.0
#include "identity/client_sessions.h"

#include "base/await.h"
#include "base/crypto/hmac.h"
#include "identity/owner.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

constexpr int64_t kMicros = 1'000'000;
constexpr int64_t kCodeMicros = 60 * kMicros;  // how long a code is good
constexpr int kTries = 20;                     // while others bring the same code

std::unexpected<OauthError> NoGrant() { return Deny("invalid_grant", "it is not valid, or no longer"); }

std::string JsonIn(const model::Resource& resource, const call::RowSet& rows, std::string_view name) {
  const types::Value value = ValueOf(resource, rows, name);
  const auto* text = value.get<types::JsonText>();
  return text == nullptr ? "" : text->text;
}

}  // namespace

// A code that was brought, and what is kept of it.
struct ClientSessions::Pending {
  std::string id;
  std::string user;
  std::string scope;
  CodeTerms terms;
  int64_t version = 0;
  int64_t step = 0;
  bool live = false;
  RefreshToken first;
};

Task<call::Answer<std::string>> ClientSessions::IssueCode(Context& context, Visitor visitor, Authorization asked,
                                                          std::vector<Keeper::Look> looks) {
  auto owner = co_await GetOwner(keeper_, context, visitor.user);
  if (!owner) co_return std::unexpected(owner.error());
  auto room = co_await sessions_.MakeRoom(context, visitor.user, Sessions::Kind::kCode, asked.client->id);
  if (!room) co_return std::unexpected(room.error());
  const int64_t now = context.clock.NowMicros();
  const ClientCode code = NewClientCode(now);
  const bool addressed = asked.Has("email");
  const CodeTerms terms{.hash = HashOf(code),
                        .redirect_uri = asked.to.redirect_uri,
                        .challenge = asked.challenge,
                        .nonce = asked.nonce,
                        .browser = visitor.session,
                        .email = addressed ? owner->email : "",
                        .email_verified = owner->verified,
                        .signed_in_at = visitor.signed_in_at / kMicros};
  std::vector<call::Call> calls{
      Beginning(context, code.session, visitor, *asked.client, asked.scope, -1, kCodeMicros, ToJson(terms))};
  auto done = co_await keeper_.DoAllWhileEnabled(context, visitor.user, std::move(calls), {}, std::move(looks));
  if (!done) co_return std::unexpected(done.error().error);
  co_return WriteClientCode(code);
}

call::Call ClientSessions::Beginning(const Context& context, const types::Uuid& id, const Visitor& visitor,
                                     const model::Client& client, const std::string& scope, int64_t step,
                                     int64_t lasts_us, Json code) const {
  const int64_t now = context.clock.NowMicros();
  Keeper::Body body;
  body.emplace_back("id", Json(types::FormatUuid(id)));
  body.emplace_back("userId", Json(visitor.user));
  body.emplace_back("step", NumberJson(step));
  body.emplace_back("rotatedAt", TimeJson(now));
  body.emplace_back("expiresAt", TimeJson(now + lasts_us));
  body.emplace_back("agent", Json(client.ShownName()));
  body.emplace_back("clientId", Json(client.id));
  body.emplace_back("scope", Json(scope));
  body.emplace_back("code", std::move(code));
  return keeper_.Making(keeper_.session(), ToJson(std::move(body)));
}

int64_t ClientSessions::LastsMicros(std::string_view scope) const {
  return (HasScope(scope, "offline_access") ? identity_.refresh_s : identity_.access_s) * kMicros;
}

// Whose code it is not is told nothing, and changes nothing.
Task<OauthAnswer<ClientSessions::Pending>> ClientSessions::Find(Context& context, const model::Client& client,
                                                                const Brought& brought) {
  auto code = ReadClientCode(brought.code);
  if (!code) co_return NoGrant();
  const model::Resource& session = keeper_.session();
  auto found = co_await keeper_.Get(context, session, types::FormatUuid(code->session));
  if (!found && found.error().code == Code::kNotFound) co_return NoGrant();
  if (!found) co_return Unable(found.error());
  Pending pending{.id = types::FormatUuid(code->session),
                  .user = IdIn(session, found->rows, "userId"),
                  .scope = TextIn(session, found->rows, "scope"),
                  .terms = ReadTerms(JsonIn(session, found->rows, "code")),
                  .version = found->version,
                  .step = NumberIn(session, found->rows, "step"),
                  .live = IsLive(session, found->rows, context.clock.NowMicros()),
                  .first = {code->session, 0}};
  const bool own = TextIn(session, found->rows, "clientId") == client.id;
  if (!own || !EqualInConstantTime(pending.terms.hash, HashOf(*code))) co_return NoGrant();
  co_return pending;
}

// Whether what a code is bound to is what came with it.
bool ClientSessions::IsBoundTo(const Pending& pending, const Brought& brought) {
  return pending.terms.redirect_uri == brought.redirect_uri && IsVerifierOf(pending.terms.challenge, brought.verifier);
}

// Whether the User may still sign in, and has not signed out in the browser.
Task<OauthAnswer<bool>> ClientSessions::JudgeUser(Context& context, std::string user, std::string browser) {
  auto session = co_await keeper_.Get(context, keeper_.session(), std::move(browser));
  if (!session && session.error().code != Code::kNotFound) co_return Unable(session.error());
  if (!session || !sessions_.IsOpenInBrowser(context, session->rows)) co_return NoGrant();
  auto found = co_await keeper_.Get(context, keeper_.user(), std::move(user));
  if (!found && found.error().code != Code::kNotFound) co_return Unable(found.error());
  if (!found || !MaySignIn(keeper_.service(), found->rows)) co_return NoGrant();
  co_return true;
}

Task<OauthAnswer<ClientTokens>> ClientSessions::Redeem(Context& context, const model::Client& client, Brought brought) {
  for (int i = 0; i < kTries; ++i) {
    auto pending = co_await Find(context, client, brought);
    if (!pending) co_return std::unexpected(pending.error());
    if (!IsBoundTo(*pending, brought)) co_return NoGrant();
    if (pending->step >= 0) {
      auto ended = co_await sessions_.EndIfLive(context, pending->id, EventKind::kRefreshReused);
      if (!ended) co_return Unable(ended.error());
      co_return NoGrant();
    }
    if (!pending->live) co_return NoGrant();
    auto may = co_await JudgeUser(context, pending->user, pending->terms.browser);
    if (!may) co_return std::unexpected(may.error());
    auto room = co_await sessions_.MakeRoom(context, pending->user, Sessions::Kind::kClients, client.id);
    if (!room) co_return Unable(room.error());
    const int64_t now = context.clock.NowMicros();
    Keeper::Body body;
    body.emplace_back("step", NumberJson(0));
    body.emplace_back("rotatedAt", TimeJson(now));
    body.emplace_back("expiresAt", TimeJson(now + LastsMicros(pending->scope)));
    std::vector<call::Call> calls{keeper_.Changing(keeper_.session(), pending->id, std::move(body), pending->version)};
    std::vector events{Event{EventKind::kTokenCreated, pending->user, pending->id}};
    std::vector<Keeper::Look> looks{sessions_.OpenInBrowser(context, pending->terms.browser)};
    auto done = co_await keeper_.DoAllWhileEnabled(context, pending->user, std::move(calls), std::move(events),
                                                   std::move(looks));
    if (!done) {
      const Code code = done.error().error.code;
      if (code == Code::kPreconditionFailed) continue;
      if (code == Code::kNotFound) co_return NoGrant();
      co_return Unable(done.error().error);
    }
    ClientTokens tokens = TokensOf(context, client, pending->first, pending->user, pending->scope);
    if (HasScope(pending->scope, "openid")) tokens.id = IdTokenOf(context, client, pending->user, pending->terms);
    co_return tokens;
  }
  co_return Deny("temporarily_unavailable", "too many bring this code at once; try again later", 503);
}

Task<OauthAnswer<ClientTokens>> ClientSessions::Start(Context& context, const model::Client& client, Visitor visitor,
                                                      std::string scope, std::vector<call::Call> calls) {
  auto may = co_await JudgeUser(context, visitor.user, visitor.session);
  if (!may) co_return std::unexpected(may.error());
  auto owner = co_await GetOwner(keeper_, context, visitor.user);
  if (!owner) co_return Unable(owner.error());
  auto room = co_await sessions_.MakeRoom(context, visitor.user, Sessions::Kind::kClients, client.id);
  if (!room) co_return Unable(room.error());
  const types::Uuid session = types::NewUuidV7(context.clock.NowMicros());
  calls.push_back(Beginning(context, session, visitor, client, scope, 0, LastsMicros(scope), Json()));
  std::vector events{Event{EventKind::kTokenCreated, visitor.user, types::FormatUuid(session)}};
  std::vector<Keeper::Look> looks{sessions_.OpenInBrowser(context, visitor.session)};
  auto done =
      co_await keeper_.DoAllWhileEnabled(context, visitor.user, std::move(calls), std::move(events), std::move(looks));
  if (!done) {
    const Code code = done.error().error.code;
    if (code == Code::kPreconditionFailed || code == Code::kNotFound) co_return NoGrant();
    co_return Unable(done.error().error);
  }
  CodeTerms terms;
  terms.browser = visitor.session;
  terms.email = HasScope(scope, "email") ? owner->email : "";
  terms.email_verified = owner->verified;
  terms.signed_in_at = visitor.signed_in_at / kMicros;
  ClientTokens tokens = TokensOf(context, client, RefreshToken{session, 0}, visitor.user, scope);
  if (HasScope(scope, "openid")) tokens.id = IdTokenOf(context, client, visitor.user, terms);
  co_return tokens;
}

std::string ClientSessions::IdTokenOf(const Context& context, const model::Client& client, const std::string& user,
                                      const CodeTerms& terms) const {
  const int64_t now = context.clock.NowMicros() / kMicros;
  const IdToken token{.subject = user,
                      .client = client.id,
                      .nonce = terms.nonce,
                      .session = terms.browser,
                      .issued_at = now,
                      .expires_at = now + identity_.access_s,
                      .signed_in_at = terms.signed_in_at,
                      .email = terms.email,
                      .email_verified = terms.email_verified};
  return SignIdToken(keys_.signing(), identity_.provider->issuer, token);
}

ClientTokens ClientSessions::TokensOf(const Context& context, const model::Client& client,
                                      const std::optional<RefreshToken>& token, const std::string& subject,
                                      std::string scope) const {
  const int64_t now = context.clock.NowMicros();
  const ClientToken claims{.subject = subject,
                           .client = client.id,
                           .scope = scope,
                           .session = token ? types::FormatUuid(token->session) : "",
                           .id = types::FormatUuid(types::NewUuidV7(now)),
                           .issued_at = now / kMicros,
                           .expires_at = now / kMicros + identity_.access_s};
  ClientTokens tokens;
  tokens.access = SignClientToken(keys_.signing(), identity_.provider->issuer, claims);
  if (token && HasScope(scope, "offline_access")) tokens.refresh = WriteRefreshToken(refresh_key_, *token);
  tokens.scope = std::move(scope);
  tokens.expires_in = identity_.access_s;
  return tokens;
}

// What the contract no longer lets the client have, it does not get.
Task<OauthAnswer<ClientTokens>> ClientSessions::Refresh(Context& context, const model::Client& client,
                                                        std::string token, std::string scope) {
  auto read = ReadRefreshToken(refresh_key_, token);
  if (!read) co_return NoGrant();
  auto wanted = NormalScope(client, scope);
  if (!wanted) co_return Deny("invalid_scope", "scope must be of what was given");
  auto rotated = co_await sessions_.Rotate(context, *read, client.id);
  if (!rotated && RowOf(rotated.error().code).status >= 500) co_return Unable(rotated.error());
  if (!rotated) co_return NoGrant();
  std::string given = ScopesOf(client, [&](const std::string& one) {
    const bool asked = wanted->empty() || one == "offline_access" || HasScope(*wanted, one);
    return asked && HasScope(rotated->scope, one);
  });
  co_return TokensOf(context, client, rotated->next, rotated->user, std::move(given));
}

OauthAnswer<ClientTokens> ClientSessions::ForItself(const Context& context, const model::Client& client,
                                                    std::string_view scope) const {
  std::string given = ScopesOf(client, [&](const std::string& one) {
    return model::IsDataScope(one) && (scope.empty() || HasScope(scope, one));
  });
  if (given.empty()) return Deny("invalid_scope", "scope names nothing that the client may have for itself");
  return TokensOf(context, client, std::nullopt, client.id, std::move(given));
}

std::optional<ClientToken> ClientSessions::AsAccess(const Context& context, std::string_view text) const {
  return ReadClientToken(*keys_.ring(), identity_.provider->issuer, text, context.clock.NowMicros() / kMicros);
}

// Of a token what the contract lets its client have now.
std::optional<LiveToken> ClientSessions::WhatIsLeft(LiveToken live) const {
  const model::Client* client = identity_.provider->FindMost(live.claims.client);
  const bool may = client != nullptr && (!live.of_itself() || client->Has(model::ClientGrant::kCredentials));
  auto scope = may ? NormalScope(*client, live.claims.scope) : std::nullopt;
  if (!scope) return std::nullopt;
  live.claims.scope = std::move(*scope);
  return live;
}

Task<OauthAnswer<std::optional<LiveToken>>> ClientSessions::Look(Context& context, std::string token) {
  auto access = AsAccess(context, token);
  auto refresh = access ? std::nullopt : ReadRefreshToken(refresh_key_, token);
  if (!access && !refresh) co_return std::nullopt;
  if (access && access->of_itself()) co_return WhatIsLeft({std::move(*access), false});
  const model::Resource& session = keeper_.session();
  auto found = co_await keeper_.Get(context, session, access ? access->session : types::FormatUuid(refresh->session));
  if (!found && found.error().code == Code::kNotFound) co_return std::nullopt;
  if (!found) co_return Unable(found.error());
  LiveToken live{access.value_or(ClientToken{}), !access};
  if (refresh) {
    live.claims.subject = IdIn(session, found->rows, "userId");
    live.claims.client = TextIn(session, found->rows, "clientId");
    live.claims.scope = TextIn(session, found->rows, "scope");
    live.claims.issued_at = MicrosIn(session, found->rows, "rotatedAt") / kMicros;
    live.claims.expires_at = MicrosIn(session, found->rows, "expiresAt") / kMicros;
  }
  const bool of_it = IsLive(session, found->rows, context.clock.NowMicros()) &&
                     IdIn(session, found->rows, "userId") == live.claims.subject &&
                     TextIn(session, found->rows, "clientId") == live.claims.client;
  const bool newest = !refresh || refresh->step == NumberIn(session, found->rows, "step");
  if (!of_it || !newest) co_return std::nullopt;
  auto user = co_await keeper_.Get(context, keeper_.user(), live.claims.subject);
  if (!user && user.error().code != Code::kNotFound) co_return Unable(user.error());
  if (!user || !MaySignIn(keeper_.service(), user->rows)) co_return std::nullopt;
  co_return WhatIsLeft(std::move(live));
}

// One that is over, or was used, still tells which session is meant.
Task<OauthAnswer<bool>> ClientSessions::Revoke(Context& context, const model::Client& client, std::string token) {
  auto access = AsAccess(context, token);
  auto refresh = access ? std::nullopt : ReadRefreshToken(refresh_key_, token);
  if ((!access && !refresh) || (access && access->of_itself())) co_return false;
  const std::string id = access ? access->session : types::FormatUuid(refresh->session);
  const model::Resource& session = keeper_.session();
  auto found = co_await keeper_.Get(context, session, id);
  if (!found && found.error().code == Code::kNotFound) co_return false;
  if (!found) co_return Unable(found.error());
  if (TextIn(session, found->rows, "clientId") != client.id) co_return false;
  auto ended = co_await sessions_.EndIfLive(context, id);
  if (!ended) co_return Unable(ended.error());
  co_return true;
}

Task<call::Answer<bool>> ClientSessions::EndAll(Context& context, std::string user, std::string client) {
  const model::Resource& session = keeper_.session();
  auto found = co_await keeper_.Do(context, keeper_.Finding(session, "userId", user));
  if (!found) co_return std::unexpected(found.error());
  bool any = false;
  for (size_t row = 0; row < found->rows.rows.size(); ++row) {
    if (TextIn(session, found->rows, "clientId", row) != client) continue;
    auto ended = co_await sessions_.EndIfLive(context, IdIn(session, found->rows, "id", row));
    if (!ended) co_return std::unexpected(ended.error());
    any = any || *ended;
  }
  co_return any;
}

}  // namespace ashlar::identity
