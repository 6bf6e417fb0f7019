// SPDX-License-Identifier: Apache-2.0
#include "identity/authenticator.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Caller;
using call::Code;

std::unexpected<call::ApiError> Bad(std::string message) {
  return call::Refuse(Code::kInvalidCredentials, std::move(message));
}

const types::Cell* CellOf(const call::RowSet& set, model::FieldId field) {
  for (const call::RowSet::Column& column : set.columns) {
    if (column.field == field) return &set.rows.at(0, column.cell);
  }
  return nullptr;
}

}  // namespace

Eventually<call::Answer<Caller>> Authenticator::Authenticate(Context& context, const http::Request& request) {
  using Answer = call::Answer<Caller>;
  if (request.Find("X-Api-Key")) return Answer(Bad("'X-Api-Key' is not supported by this build"));
  size_t count = request.Count("Authorization");
  if (count == 0) return Answer(Caller{});
  if (count > 1) return Answer(Bad("Authorization is given twice"));
  std::string_view value = *request.Find("Authorization");
  size_t space = value.find(' ');
  if (space == std::string_view::npos || !http::EqualIgnoringCase(value.substr(0, space), "Bearer")) {
    return Answer(Bad("only bearer tokens are taken"));
  }
  return FromToken(context, std::string(value.substr(space + 1)));
}

Eventually<call::Answer<Caller>> Authenticator::FromToken(Context& context, const std::string& token) {
  using Answer = call::Answer<Caller>;
  int64_t now = context.clock.NowMicros() / 1'000'000;
  Claims claims;
  if (auto found = kept_.find(token); found != kept_.end()) {
    if (now >= found->second.claims.expires_at) {
      return Answer(call::Refuse(Code::kTokenExpired, "the token has expired"));
    }
    recent_.splice(recent_.begin(), recent_, found->second.place);
    if (now < found->second.fresh_until) return Answer(found->second.caller);
    claims = found->second.claims;
  } else {
    auto verified = VerifyToken(keys_.signing(), engine_.service().name, token, now);
    if (!verified && verified.error() == TokenFault::kExpired) {
      return Answer(call::Refuse(Code::kTokenExpired, "the token has expired"));
    }
    if (!verified) return Answer(Bad("the token is not valid"));
    claims = std::move(*verified);
  }
  if (claims.subject.empty()) {
    Caller caller = MakeCaller(claims, claims.roles, {});
    Keep(token, std::move(claims), caller, now);
    return Answer(std::move(caller));
  }
  call::Call lookup;
  lookup.operation = engine_.service().FindOperation(engine_.service().user, model::OperationKind::kGet);
  lookup.id = claims.subject;
  Caller as;
  as.kind = Caller::Kind::kOperator;
  auto found = engine_.Run(context, as, lookup);
  if (found.ready()) return FromUser(context, token, std::move(claims), std::move(found.value()));
  return AwaitUser(context, token, std::move(claims), std::move(found.task()));
}

Task<call::Answer<Caller>> Authenticator::AwaitUser(Context& context, std::string token, Claims claims,
                                                    Task<call::Answer<call::Outcome>> lookup) {
  auto found = co_await std::move(lookup);
  co_return FromUser(context, token, std::move(claims), std::move(found));
}

call::Answer<Caller> Authenticator::FromUser(Context& context, const std::string& token, Claims claims,
                                             call::Answer<call::Outcome> found) {
  if (!found && found.error().code != Code::kNotFound) return std::unexpected(found.error());
  if (!found || found->rows.rows.empty()) return Bad("the token's user is not there");
  const model::Resource& user = engine_.service().resource(engine_.service().user);
  const types::Cell* disabled = CellOf(found->rows, user.FindField("disabled"));
  if (disabled != nullptr && !disabled->is_null() && disabled->integer != 0) return Bad("the token's user is disabled");
  std::vector<std::string> roles = claims.roles;
  model::FieldId roles_field = user.FindField("roles");
  if (const types::Cell* cell = CellOf(found->rows, roles_field); cell != nullptr && !cell->is_null()) {
    types::Value own = user.field(roles_field).type->ToValue(*cell);
    for (const types::Value& role : own.get<types::List>()->items) roles.push_back(*role.get<std::string>());
  }
  types::Value email;
  model::FieldId email_field = user.FindField("email");
  if (const types::Cell* cell = CellOf(found->rows, email_field)) email = user.field(email_field).type->ToValue(*cell);
  Caller caller = MakeCaller(claims, std::move(roles), std::move(email));
  Keep(token, std::move(claims), caller, context.clock.NowMicros() / 1'000'000);
  return caller;
}

Caller Authenticator::MakeCaller(const Claims& claims, std::vector<std::string> roles, types::Value email) const {
  Caller caller;
  caller.kind = Caller::Kind::kPrincipal;
  caller.id = claims.subject;
  if (claims.subject.empty()) {
    caller.principal.kind = "service";
  } else if (auto id = types::ParseUuid(claims.subject)) {
    caller.principal.id = *id;
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

void Authenticator::Keep(const std::string& token, Claims claims, const Caller& caller, int64_t now) {
  auto [found, fresh] = kept_.try_emplace(token);
  if (fresh) {
    recent_.push_front(token);
    found->second.place = recent_.begin();
  }
  found->second.claims = std::move(claims);
  found->second.caller = caller;
  found->second.fresh_until = caller.id.empty() ? INT64_MAX : now + kRefreshSeconds;
  if (kept_.size() <= kMaxKept) return;
  kept_.erase(recent_.back());
  recent_.pop_back();
}

}  // namespace ashlar::identity
