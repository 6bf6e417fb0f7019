// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "identity/keeper.h"
#include "identity/keys.h"
#include "identity/refresh_token.h"

namespace ashlar::identity {

inline constexpr int64_t kGraceMicros = 10'000'000;  // in which a token that was used gives the same successor again
inline constexpr size_t kMostSessions = 50;          // of a User; the oldest goes for a new one

// A pair of tokens, and whose they are.
struct Tokens {
  std::string user;
  std::string access, refresh;  // secret
  int64_t expires_in = 0;       // seconds, of the access token
};

struct SessionSeen {
  std::string id;
  int64_t created_at = 0, rotated_at = 0, expires_at = 0;  // microseconds since 1970
  std::string agent;
};

// Where Users have signed in. One loop's.
class Sessions {
 public:
  // REQUIRES: the service has an identity. All must outlive it.
  Sessions(Keeper& keeper, const ServiceKeys& keys)
      : keeper_(keeper), keys_(keys), identity_(*keeper.service().identity) {}

  // Makes room for one more: what is over goes, and the oldest beyond what a User may have.
  Task<call::Answer<bool>> MakeRoom(Context& context, std::string user);
  // The call that begins one.
  call::Call Beginning(const Context& context, const types::Uuid& id, const std::string& user, const std::string& agent,
                       bool browser = false) const;
  Tokens TokensOf(const Context& context, const RefreshToken& token, std::string user) const;

  // sessions_browser.cc. What a browser gets instead of tokens; secret.
  std::string CookieOf(const types::Uuid& session) const;
  std::string CsrfOf(const types::Uuid& session) const;
  // Ends what a cookie of ours names, if it is there.
  Task<call::Answer<bool>> EndCookie(Context& context, std::string cookie);
  // Whether a session is a browser's, and good.
  bool IsOpenInBrowser(const Context& context, const call::RowSet& rows) const;
  // Keeps one open that is used, and gives until when it is good; written now and then. REQUIRES: it is open.
  Task<int64_t> KeepOpen(Context& context, std::string id, call::Outcome found);

  // The next pair. A token of the step before gives the same successor again for a while, any older one ends the
  // session: REFRESH_REUSED.
  Task<call::Answer<Tokens>> Refresh(Context& context, std::string refresh_token);

  // Those that are good, oldest first.
  Task<call::Answer<std::vector<SessionSeen>>> List(Context& context, std::string user);
  call::Call Ending(const Context& context, const std::string& id) const;
  // 404 unless it is this user's and has not ended.
  Task<call::Answer<bool>> End(Context& context, std::string user, std::string id);

 private:
  Task<call::Answer<bool>> Reused(Context& context, std::string id);
  int64_t EndOf(const call::RowSet& rows) const;  // of a browser's at the latest
  Task<call::Answer<bool>> MayGoOn(Context& context, std::string user);
  Keeper& keeper_;
  const ServiceKeys& keys_;
  const model::Identity& identity_;
};

// Whether a session of the system's is good: neither ended nor over.
bool IsLive(const model::Resource& session, const call::RowSet& rows, int64_t now_micros, size_t row = 0);

}  // namespace ashlar::identity
