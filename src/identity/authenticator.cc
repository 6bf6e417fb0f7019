// SPDX-License-Identifier: Apache-2.0
#include "identity/authenticator.h"

#include <atomic>

#include "base/await.h"
#include "http/cookie.h"
#include "identity/api_key.h"
#include "identity/browser_session.h"
#include "identity/row.h"
#include "identity/sessions.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Caller;
using call::CallerPtr;
using call::Code;

std::unexpected<call::ApiError> Bad(std::string message) {
  return call::Refuse(Code::kInvalidCredentials, std::move(message));
}

// Of two callers that one token names.
bool AreAlike(const Caller& a, const Caller& b) {
  return a.id == b.id && a.principal.id == b.principal.id && a.principal.email == b.principal.email &&
         a.principal.roles == b.principal.roles && a.principal.scopes == b.principal.scopes &&
         (a.bounds == nullptr ? b.bounds == nullptr : b.bounds != nullptr && *a.bounds == *b.bounds);
}

uint64_t NextNumber() {
  static std::atomic<uint64_t> last = Caller::kNobody;
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace

Eventually<Authenticator::Answer> Authenticator::Authenticate(Context& context, const http::Request& request) {
  if (engine_.service().identity && engine_.service().identity->cookies) {
    auto cookie = http::FindCookie(request, kSessionCookie);
    if (!cookie) return Answer(Bad(fmt::format("the cookie '{}' is given more than once", kSessionCookie)));
    if (*cookie) return FromCookie(context, request, **cookie);
  }
  size_t count = request.Count("Authorization");
  if (size_t keys = request.Count("X-Api-Key"); keys > 0) {
    if (!TakesKeys()) return Answer(Bad("'X-Api-Key' is not taken by this service"));
    if (keys + count > 1) return Answer(Bad("more than one credential is given"));
    std::string_view key = *request.Find("X-Api-Key");
    return key.starts_with(kApiKeyPrefix) ? FromToken(context, key) : Answer(Bad("the key is not valid"));
  }
  if (count == 0) return Answer(Caller::Nobody());
  if (count > 1) return Answer(Bad("Authorization is given more than once"));
  std::string_view value = *request.Find("Authorization");
  size_t space = value.find(' ');
  if (space == std::string_view::npos || !http::EqualIgnoringCase(value.substr(0, space), "Bearer")) {
    return Answer(Bad("only bearer tokens are taken"));
  }
  return FromToken(context, value.substr(space + 1));
}

Eventually<Authenticator::Answer> Authenticator::FromToken(Context& context, std::string_view token) {
  int64_t now = context.clock.NowMicros() / 1'000'000;
  if (auto found = by_token_.find(token); found != by_token_.end()) {
    const Kept& kept = *found->second;
    if (now < kept.claims.expires_at && IsVouchedFor(keys_, kept)) {
      kept_.splice(kept_.begin(), kept_, found->second);
      if (now < kept.fresh_until) return Answer(kept.caller);
      if (!kept.caller->key.empty()) return AskForKey(context, std::string(token), kept.caller->key);
      return AskForUser(context, std::string(token), kept.claims);
    }
    Forget(token);
  }
  if (TakesKeys() && token.starts_with(kApiKeyPrefix)) return FromKey(context, token);
  auto read = ReadJws(token);
  const std::string* iss = read ? TextOf(read->claims, "iss") : nullptr;
  if (iss == nullptr) return Answer(Bad("the token is not valid"));
  const bool own = *iss == engine_.service().name;
  IssuerKeys* issuer = own || issuers_ == nullptr ? nullptr : issuers_->Find(*iss);
  if (issuer != nullptr) return FromIssuer(context, *issuer, token, std::move(*read));
  if (IsOfProvider(*iss)) return FromClient(context, token, std::move(*read));
  const uint64_t number = keys_.number();
  auto claims = VerifyToken(*keys_.ring(), engine_.service().name, std::move(*read), now);
  if (!claims && claims.error() == TokenFault::kExpired) {
    return Answer(call::Refuse(Code::kTokenExpired, "the token has expired"));
  }
  if (!claims) return Answer(Bad("the token is not valid"));
  claims->keys_number = number;
  return FromClaims(context, std::string(token), std::move(*claims));
}

Eventually<Authenticator::Answer> Authenticator::FromClaims(Context& context, std::string token, Claims claims) {
  if (!claims.subject.empty()) return AskForUser(context, std::move(token), std::move(claims));
  Caller caller = MakeCaller(claims, claims.roles, {});
  return Answer(Keep(std::move(token), std::move(claims), std::move(caller), INT64_MAX));
}

// Whoever a token names must be there and not disabled, and what the row says of roles holds now, whatever the token's
// age: the operator's own read, which no access rule of the contract can close.
Eventually<Authenticator::Answer> Authenticator::AskForUser(Context& context, std::string token, Claims claims) {
  const model::Service& service = engine_.service();
  call::Call lookup;
  lookup.operation = service.FindOperation(service.user, model::OperationKind::kGet);
  lookup.id = claims.subject;
  lookup.selection.fields = {"email", "roles", "disabled"};
  Caller as;
  as.kind = Caller::Kind::kOperator;
  as.id = "operator";
  auto found = engine_.Run(context, as, lookup);
  if (!claims.session.empty()) {
    return AwaitSession(context, std::move(token), std::move(claims), Await(std::move(found)));
  }
  if (!found.ready()) return AwaitUser(context, std::move(token), std::move(claims), std::move(found.task()));
  return FromUser(context, std::move(token), std::move(claims), found.value());
}

Task<Authenticator::Answer> Authenticator::AwaitUser(Context& context, std::string token, Claims claims,
                                                     Task<call::Answer<call::Outcome>> lookup) {
  auto found = co_await std::move(lookup);
  co_return FromUser(context, std::move(token), std::move(claims), found);
}

// A session that has ended, or is no longer there, ends what was given for it.
Task<Authenticator::Answer> Authenticator::AwaitSession(Context& context, std::string token, Claims claims,
                                                        Task<call::Answer<call::Outcome>> lookup) {
  Keeper keeper(engine_);
  auto user = co_await std::move(lookup);
  auto found = co_await keeper.Get(context, keeper.session(), claims.session);
  if (!found && found.error().code != Code::kNotFound) co_return std::unexpected(found.error());
  const int64_t now = context.clock.NowMicros();
  if (!found || !IsLive(keeper.session(), found->rows, now) ||
      IdIn(keeper.session(), found->rows, "userId") != claims.subject) {
    Forget(token);
    co_return Bad("the token's session has ended");
  }
  co_return FromUser(context, std::move(token), std::move(claims), user);
}

Authenticator::Answer Authenticator::FromUser(Context& context, std::string token, Claims claims,
                                              const call::Answer<call::Outcome>& found, OfKey key) {
  if (!found && found.error().code != Code::kNotFound) return std::unexpected(found.error());
  if (!found || found->rows.rows.empty()) {
    Forget(token);
    return Bad("the token's user is not there");
  }
  const model::Resource& user = engine_.service().resource(engine_.service().user);
  types::Value disabled = ValueOf(user, found->rows, "disabled");
  if (const bool* is = disabled.get<bool>(); is != nullptr && *is) {
    Forget(token);
    return Bad("the token's user is disabled");
  }
  std::vector<std::string> roles = claims.roles;
  types::Value own = ValueOf(user, found->rows, "roles");
  if (const auto* list = own.get<types::List>()) {
    for (const types::Value& role : list->items) roles.push_back(*role.get<std::string>());
  }
  Caller caller = MakeCaller(claims, roles, ValueOf(user, found->rows, "email"));
  if (!key.id.empty()) {
    caller.principal.kind = "apiKey";
    caller.principal.scopes = std::move(key.scopes);
    caller.bounds = std::move(key.bounds);
    caller.key = std::move(key.id);
  }
  int64_t fresh_until = context.clock.NowMicros() / 1'000'000 + kRefreshSeconds;
  return Keep(std::move(token), std::move(claims), std::move(caller), fresh_until);
}

Caller Authenticator::MakeCaller(const Claims& claims, const std::vector<std::string>& roles,
                                 types::Value email) const {
  Caller caller;
  caller.kind = Caller::Kind::kPrincipal;
  caller.id = claims.subject.empty() ? claims.stranger : claims.subject;
  if (claims.subject.empty()) {
    caller.principal.kind = "service";
  } else if (auto id = types::ParseUuid(claims.subject)) {
    caller.principal.id = *id;
  }
  if (!claims.client.empty()) {
    if (!claims.subject.empty()) caller.principal.kind = "apiKey";  // a program of a User's, within its scopes
    caller.principal.scopes = claims.scopes;
    caller.bounds = std::make_shared<const model::Bounds>(engine_.service(), claims.scopes);
    caller.client = fmt::format("{} {}", claims.client, fmt::join(claims.scopes, " "));
  }
  caller.principal.email = std::move(email);
  caller.principal.claims = claims.all;
  for (const std::string& name : roles) {
    const model::Role* role = engine_.service().FindRole(name);
    if (role == nullptr) continue;  // no longer in the contract: worth nothing
    for (const std::string& inherited : role->all) {
      auto& held = caller.principal.roles;
      if (std::find(held.begin(), held.end(), inherited) == held.end()) held.push_back(inherited);
    }
  }
  return caller;
}

CallerPtr Authenticator::Keep(std::string token, Claims claims, Caller caller, int64_t fresh_until) {
  auto before = by_token_.find(token);
  CallerPtr known = before == by_token_.end() ? nullptr : before->second->caller;
  if (known == nullptr || !AreAlike(*known, caller)) {
    caller.number = NextNumber();
    known = std::make_shared<const Caller>(std::move(caller));
  }
  Forget(token);
  kept_.push_front({std::move(token), std::move(claims), known, fresh_until});
  by_token_.emplace(kept_.front().token, kept_.begin());
  if (kept_.size() > kMaxKept) Forget(kept_.back().token);
  return known;
}

void Authenticator::Forget(std::string_view token) {
  auto found = by_token_.find(token);
  if (found == by_token_.end()) return;
  auto place = found->second;
  by_token_.erase(found);  // before what its key points into
  kept_.erase(place);
}

}  // namespace ashlar::identity
