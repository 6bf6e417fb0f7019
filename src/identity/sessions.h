// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "identity/keeper.h"
#include "identity/keys.h"
#include "identity/refresh_token.h"

namespace ashlar::identity {

inline constexpr int64_t kGraceMicros = 10'000'000;  // in which a token that was used gives the same successor again

// How many a User has at most, so that one page holds them: of their own, of clients of the provider, and codes that
// are not brought yet. The oldest of the same kind goes for a new one; where all clients together have too many, of the
// client that has most.
inline constexpr size_t kMostSessions = 50;
inline constexpr size_t kMostOfClient = 10, kMostOfClients = 100;
inline constexpr size_t kCodesOfClient = 10, kCodesOfClients = 40;

// A pair of tokens, and whose they are.
struct Tokens {
  std::string user;
  std::string access, refresh;  // secret
  int64_t expires_in = 0;       // seconds, of the access token
};

// What a refresh token brings.
struct Rotated {
  RefreshToken next;
  std::string user;
  std::string scope;  // of a client's session
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

  // Makes room for one more, of that client where one is named, or a code for it: what is over goes, and the oldest
  // beyond what a User may have.
  enum class Kind : uint8_t { kOwn, kClients, kCode };
  Task<call::Answer<bool>> MakeRoom(Context& context, std::string user, Kind kind = Kind::kOwn,
                                    std::string client = "");
  // The call that begins one.
  call::Call Beginning(const Context& context, const types::Uuid& id, const std::string& user, const std::string& agent,
                       bool browser = false) const;
  Tokens TokensOf(const Context& context, const RefreshToken& token, std::string user) const;

  // sessions_browser.cc. What a browser gets instead of tokens; secret.
  std::string CookieOf(const types::Uuid& session) const;
  std::string CsrfOf(const types::Uuid& session) const;
  // Ends what a cookie of ours names, if it is there.
  Task<call::Answer<bool>> EndCookie(Context& context, std::string cookie);
  // NOT_FOUND unless it is a browser's, and good.
  Keeper::Look OpenInBrowser(const Context& context, const std::string& id) const;
  // Whether a session is a browser's, and good.
  bool IsOpenInBrowser(const Context& context, const call::RowSet& rows) const;
  // Keeps one open that is used, and gives until when it is good; written now and then. REQUIRES: it is open.
  Task<int64_t> KeepOpen(Context& context, std::string id, call::Outcome found);

  // The next pair. There is one successor in kGraceMicros: until then it gives itself, and the token before gives it
  // again; any older one ends the session: REFRESH_REUSED.
  Task<call::Answer<Tokens>> Refresh(Context& context, std::string refresh_token);
  // The same of a session of that client's, of none where it is empty.
  Task<call::Answer<Rotated>> Rotate(Context& context, RefreshToken token, std::string client);

  // Those that are good, oldest first.
  Task<call::Answer<std::vector<SessionSeen>>> List(Context& context, std::string user);
  call::Call Ending(const Context& context, const std::string& id) const;
  // Ends all of a User's but that one, as they are by then, and their codes.
  Keeper::Look EndingAll(const Context& context, const std::string& user, std::string but = "") const;
  // Ends whoever's it is, and keeps that it did; false if there is none that is good.
  Task<call::Answer<bool>> EndIfLive(Context& context, std::string id, EventKind why = EventKind::kSessionEnded);
  // 404 unless it is this user's and has not ended.
  Task<call::Answer<bool>> End(Context& context, std::string user, std::string id);

 private:
  Task<call::Answer<bool>> Reused(Context& context, std::string user, std::string id);
  int64_t EndOf(const call::RowSet& rows) const;  // of a browser's at the latest
  Task<call::Answer<bool>> MayGoOn(Context& context, std::string user);
  Keeper& keeper_;
  const ServiceKeys& keys_;
  const model::Identity& identity_;
};

// Whether a session of the system's is good: neither ended nor over.
bool IsLive(const model::Resource& session, const call::RowSet& rows, int64_t now_micros, size_t row = 0);

}  // namespace ashlar::identity
