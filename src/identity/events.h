// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "call/call.h"
#include "model/service.h"

namespace ashlar::identity {

// What happened to an account.
enum class EventKind : uint8_t {
  kUserCreated,
  kUserUpdated,
  kRolesChanged,
  kLoginSucceeded,
  kLoginFailed,
  kLoginLocked,
  kPasswordChanged,
  kPasswordChangeFailed,
  kSessionEnded,
  kRefreshReused,
  kTokenCreated,
  kTokenRevoked,
  kUserDeleted,
  kFactorOn,
  kFactorOff,
  kClientCreated,
  kClientDeleted,
};
struct EventRow {
  EventKind kind;
  std::string_view name;   // of OWASP's Logging Vocabulary where it has one: "authn_login_fail"
  std::string_view means;  // in plain words
  bool warns = false;      // worth a look
  bool stranger = false;   // anybody can make it happen, without a credential, or may where the contract says so
};
std::span<const EventRow> EventRows();
const EventRow& RowOf(EventKind kind);

// One of them. Nothing that somebody typed stands in it: no address of a user who is not there, no secret.
struct Event {
  EventKind kind = EventKind::kUserCreated;
  std::string user;     // the id; empty: nobody who is known
  std::string subject;  // the id of the session, key or client that it is about
  bool by_operator = false;
};

// The call that keeps one: a row of the system's AuthEvent, which nothing changes.
call::Call EventCall(const model::Service& service, const Context& context, const Event& event, int64_t dropped = 0);
// Says it in the log.
void Tell(const Context& context, const Event& event);

// Which of them are kept: so many a minute, and as many at once after a pause. What strangers do has a measure of its
// own, so that it crowds out nothing else and fills no disk. One loop's.
class EventBudget {
 public:
  static constexpr int64_t kOfStrangers = 60;
  static constexpr int64_t kOfOthers = 600;

  // Whether this one is kept; `dropped` is then how many like it were not since the last one.
  bool Take(EventKind kind, int64_t steady_micros, int64_t& dropped);

 private:
  struct Bucket {
    int64_t full_at = 0;  // microseconds
    int64_t dropped = 0;
  };
  Bucket strangers_, others_;
};

}  // namespace ashlar::identity
