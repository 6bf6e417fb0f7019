// SPDX-License-Identifier: Apache-2.0
// Sessions of browsers: they end when nobody uses them for a while, and at the latest so long after they began.
#include <algorithm>

#include "base/await.h"
#include "identity/browser_session.h"
#include "identity/row.h"
#include "identity/sessions.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

constexpr int64_t kMicros = 1'000'000;
constexpr int64_t kParts = 10;  // of the idle time: so often at most a use is written down

}  // namespace

int64_t Sessions::EndOf(const call::RowSet& rows) const {
  return MicrosIn(keeper_.session(), rows, "createdAt") + identity_.lifetime_s * kMicros;
}

bool Sessions::IsOpenInBrowser(const Context& context, const call::RowSet& rows) const {
  const int64_t now = context.clock.NowMicros();
  return FlagIn(keeper_.session(), rows, "browser") && IsLive(keeper_.session(), rows, now) && now < EndOf(rows);
}

Keeper::Look Sessions::OpenInBrowser(const Context& context, const std::string& id) const {
  return keeper_.LookingAt(keeper_.session(), id, [this, &context](const call::Outcome& found) -> Keeper::Judged {
    if (IsOpenInBrowser(context, found.rows)) return {};
    return call::Refuse(call::Code::kNotFound, "there is no such row");
  });
}

// Where it cannot be written the session ends a little earlier: nothing that the request asks for hangs on it.
Task<int64_t> Sessions::KeepOpen(Context& context, std::string id, call::Outcome found) {
  const int64_t now = context.clock.NowMicros(), idle = identity_.idle_s * kMicros;
  const int64_t kept = MicrosIn(keeper_.session(), found.rows, "expiresAt");
  const int64_t until = std::min(now + idle, EndOf(found.rows));
  if (until - kept < idle / kParts) co_return kept;
  Keeper::Body body;
  body.emplace_back("rotatedAt", TimeJson(now));
  body.emplace_back("expiresAt", TimeJson(until));
  auto done = co_await keeper_.Do(context, keeper_.Changing(keeper_.session(), id, std::move(body), found.version));
  co_return done ? until : kept;
}

Task<call::Answer<bool>> Sessions::EndCookie(Context& context, std::string cookie) {
  auto session = ReadSessionCookie(keys_.browser(), cookie);
  if (!session) co_return false;
  auto ended = co_await EndIfLive(context, types::FormatUuid(*session));
  co_return ended;
}

std::string Sessions::CookieOf(const types::Uuid& session) const {
  return WriteSessionCookie(keys_.browser(), session);
}

std::string Sessions::CsrfOf(const types::Uuid& session) const { return CsrfTokenOf(keys_.browser(), session); }

}  // namespace ashlar::identity
