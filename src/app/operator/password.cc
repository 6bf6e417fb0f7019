// SPDX-License-Identifier: Apache-2.0
// `user password`: what users sign in with, as the operator gives it.
#include "app/operator/users.h"
#include "base/crypto/argon2.h"
#include "identity/keeper.h"
#include "identity/row.h"

namespace ashlar::app {
namespace {

using call::Code;
using json::Json;
using model::OperationKind;

constexpr int kTries = 20;  // while the user signs in

// The sessions that have not ended.
call::Answer<std::vector<std::string>> LiveSessions(const Runtime& runtime, const std::string& user,
                                                    Observer& observer) {
  const model::Resource& session = runtime.service->resource(runtime.service->session);
  call::Call list = CallOf(runtime, session.id, OperationKind::kList);
  list.where.push_back({"userId", {"userId"}, call::Operator::kEq, {user}});
  list.where.push_back({"endedAt", {"endedAt"}, call::Operator::kIsNull, {"true"}});
  list.paging.per_page = session.page_max;
  std::vector<std::string> live;
  for (bool more = true; more; ++list.paging.page) {
    auto found = RunOne(runtime, list, observer);
    if (!found) return std::unexpected(found.error());
    for (size_t row = 0; row < found->rows.rows.size(); ++row) {
      live.push_back(identity::IdIn(session, found->rows, "id", row));
    }
    more = found->page->has_next;
  }
  return live;
}

call::Call EndingSession(const Runtime& runtime, const std::string& session) {
  call::Call end = CallOf(runtime, runtime.service->session, OperationKind::kUpdate);
  end.id = session;
  end.body = MakeObject({{"endedAt", identity::TimeJson(SystemClock().NowMicros())}});
  return end;
}

// The call that keeps a hash from now on, if the credential is as it is now.
call::Answer<call::Call> KeepingHash(const Runtime& runtime, const std::string& user, const std::string& hash,
                                     Observer& observer) {
  call::Call get = CallOf(runtime, runtime.service->credential, OperationKind::kGet);
  get.id = user;
  auto found = RunOne(runtime, get, observer);
  if (!found && found.error().code != Code::kNotFound) return std::unexpected(found.error());
  if (!found) {
    call::Call make = CallOf(runtime, runtime.service->credential, OperationKind::kCreate);
    make.body = MakeObject({{"id", Json(user)}, {"password", Json(hash)}});
    return make;
  }
  call::Call change = CallOf(runtime, runtime.service->credential, OperationKind::kUpdate);
  change.id = user;
  change.body = MakeObject({{"password", Json(hash)}, {"failures", identity::NumberJson(0)}, {"lockedUntil", Json()}});
  change.preconditions.if_match = true;
  change.preconditions.if_match_versions = {found->version};
  return change;
}

// Somebody else was there first: it is worth another look.
bool IsPassing(Code code) {
  return code == Code::kPreconditionFailed || code == Code::kNotFound || code == Code::kConflict;
}

}  // namespace

std::string JudgePassword(const Runtime& runtime, const std::string& password, const std::string& email) {
  if (runtime.password_rules == nullptr) return "the contract has no 'identity': nobody signs in";
  auto verdict = runtime.password_rules->Judge("password", password, email);
  if (!verdict) return fmt::format("{}", fmt::join(Explain(verdict.error()), "\n"));
  if (!*verdict) return "";
  return fmt::format("password: {} {}", types::NameOf((*verdict)->code), (*verdict)->message);
}

call::Call MakingCredential(const Runtime& runtime, const std::string& user, const std::string& password) {
  call::Call make = CallOf(runtime, runtime.service->credential, OperationKind::kCreate);
  make.body = MakeObject({{"id", Json(user)}, {"password", Json(HashPassword(password))}});
  return make;
}

std::optional<call::ApiError> ShutOut(const Runtime& runtime, const std::string& user,
                                      const std::vector<call::Call>& changes, const std::string& password,
                                      Observer& observer, const std::vector<identity::Event>& told) {
  const std::string hash = password.empty() ? "" : HashPassword(password);
  call::Call look = CallOf(runtime, runtime.service->user, OperationKind::kGet);
  look.id = user;
  bool changed = false;
  for (int i = 0; i < kTries; ++i) {
    if (auto there = RunOne(runtime, look, observer); !there) return there.error();
    std::vector<call::Call> calls;
    if (!changed) calls = changes;
    calls.push_back(look);  // who is removed meanwhile gets no password
    if (!changed && !hash.empty()) {  // before the sessions: whoever signs in later changes it
      auto keeping = KeepingHash(runtime, user, hash, observer);
      if (!keeping) return keeping.error();
      calls.push_back(std::move(*keeping));
    }
    auto live = LiveSessions(runtime, user, observer);
    if (!live) return live.error();
    if (changed && live->empty()) return std::nullopt;
    std::vector<identity::Event> events;
    if (!changed) events = told;
    for (const std::string& session : *live) {
      calls.push_back(EndingSession(runtime, session));
      events.push_back({identity::EventKind::kSessionEnded, user, session});
    }
    auto refused = RunTogether(runtime, std::move(calls), observer, std::move(events));
    changed = changed || !refused;
    if (refused && !IsPassing(refused->code)) return refused;
  }
  return call::ApiError{Code::kOverloaded, "the user signs in again and again; try again later", {}};
}

OperatorAnswer SetPassword(const Runtime& runtime, const Json& request, Observer& observer) {
  auto user = FindUser(runtime, TextOf(request, "who"), observer);
  if (!user) return std::move(user.error());
  const std::string password = TextOf(request, "password");
  if (std::string wrong = JudgePassword(runtime, password, user->email); !wrong.empty()) return Wrong(wrong);
  const std::vector told{identity::Event{identity::EventKind::kPasswordChanged, user->id}};
  if (auto refused = ShutOut(runtime, user->id, {}, password, observer, told)) return Refused(*refused);
  return {0, user->id + "\n", ""};
}

}  // namespace ashlar::app
