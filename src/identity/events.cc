// SPDX-License-Identifier: Apache-2.0
#include "identity/events.h"

#include "identity/keeper.h"

namespace ashlar::identity {
namespace {

using json::Json;

constexpr int64_t kMinute = 60'000'000;

constexpr EventRow kRows[] = {
    {EventKind::kUserCreated, "user_created", "an account was made"},
    {EventKind::kUserUpdated, "user_updated", "address, profile, link or state of an account changed"},
    {EventKind::kRolesChanged, "privilege_permissions_changed", "roles were given or taken", true},
    {EventKind::kLoginSucceeded, "authn_login_success", "somebody signed in"},
    {EventKind::kLoginFailed, "authn_login_fail", "a password or a code was wrong", true, true},
    {EventKind::kLoginLocked, "authn_login_lock", "the same, and the account is locked for a while", true, true},
    {EventKind::kPasswordChanged, "authn_password_change", "a password was changed"},
    {EventKind::kPasswordChangeFailed, "authn_password_change_fail", "it was not, as the old one was wrong", true},
    {EventKind::kSessionEnded, "session_expired", "a session was ended"},
    {EventKind::kRefreshReused, "authn_token_reuse", "a refresh token came twice: its session was ended", true},
    {EventKind::kTokenCreated, "authn_token_created", "an API key was made, or a client got its tokens"},
    {EventKind::kTokenRevoked, "authn_token_revoked", "an API key was revoked"},
    {EventKind::kUserDeleted, "user_deleted", "an account was removed"},
    {EventKind::kFactorOn, "authn_mfa_enabled", "a second factor was turned on"},
    {EventKind::kFactorOff, "authn_mfa_disabled", "a second factor was turned off", true},
    {EventKind::kClientCreated, "client_created", "a program registered itself as a client", false, true},
    {EventKind::kClientDeleted, "client_deleted", "a client that had registered itself was removed"},
};

Json OrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace

std::span<const EventRow> EventRows() { return kRows; }

const EventRow& RowOf(EventKind kind) { return kRows[static_cast<size_t>(kind)]; }

call::Call EventCall(const model::Service& service, const Context& context, const Event& event, int64_t dropped) {
  Keeper::Body body;
  body.emplace_back("kind", Json(std::string(RowOf(event.kind).name)));
  body.emplace_back("userId", OrNull(event.user));
  body.emplace_back("subject", OrNull(event.subject));
  if (context.origin != nullptr) {
    body.emplace_back("address", OrNull(context.origin->address));
    body.emplace_back("agent", OrNull(context.origin->agent));
  }
  body.emplace_back("requestId", Json(context.request_id));
  body.emplace_back("byOperator", Json(event.by_operator));
  if (dropped > 0) body.emplace_back("dropped", NumberJson(dropped));
  call::Call call;
  call.operation = service.FindOperation(service.event, model::OperationKind::kCreate);
  call.body = ToJson(std::move(body));
  return call;
}

void Tell(const Context& context, const Event& event) {
  SecurityEvent told;
  told.name = RowOf(event.kind).name;
  told.warns = RowOf(event.kind).warns;
  told.request_id = context.request_id;
  told.user_id = event.user;
  told.subject = event.subject;
  told.by_operator = event.by_operator;
  if (context.origin != nullptr) {
    told.address = context.origin->address;
    told.agent = context.origin->agent;
  }
  context.observer.Observe(told);
}

bool EventBudget::Take(EventKind kind, int64_t steady_micros, int64_t& dropped) {
  const bool stranger = RowOf(kind).stranger;
  Bucket& bucket = stranger ? strangers_ : others_;
  const int64_t token = kMinute / (stranger ? kOfStrangers : kOfOthers);
  bucket.full_at = std::max(bucket.full_at, steady_micros);
  if (bucket.full_at + token > steady_micros + kMinute) {
    ++bucket.dropped;
    return false;
  }
  bucket.full_at += token;
  dropped = std::exchange(bucket.dropped, 0);
  return true;
}

}  // namespace ashlar::identity
