// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <list>
#include <string>
#include <unordered_map>

#include "base/task.h"
#include "call/caller.h"
#include "engine/engine.h"
#include "http/message.h"
#include "identity/keys.h"
#include "identity/token.h"

namespace ashlar::identity {

// Makes a Caller of a request's credential. One loop's; keeps what it verified for a while, bounded: a signature costs
// as much as ten requests. What the User's row says (roles, disabled, e-mail) is at most kRefreshSeconds old.
class Authenticator {
 public:
  static constexpr int64_t kRefreshSeconds = 2;
  static constexpr size_t kMaxKept = 10'000;

  Authenticator(const ServiceKeys& keys, engine::Engine& engine) : keys_(keys), engine_(engine) {}

  // Anonymous without a credential; 401 for one that is not good, wherever the request goes. The context must live
  // until the answer is there.
  Eventually<call::Answer<call::Caller>> Authenticate(Context& context, const http::Request& request);

 private:
  struct Kept {
    Claims claims;
    call::Caller caller;
    int64_t fresh_until = 0;  // seconds; the User's row is asked again then
    std::list<std::string>::iterator place;
  };
  Eventually<call::Answer<call::Caller>> FromToken(Context& context, const std::string& token);
  call::Answer<call::Caller> FromUser(Context& context, const std::string& token, Claims claims,
                                      call::Answer<call::Outcome> found);
  Task<call::Answer<call::Caller>> AwaitUser(Context& context, std::string token, Claims claims,
                                             Task<call::Answer<call::Outcome>> lookup);
  void Keep(const std::string& token, Claims claims, const call::Caller& caller, int64_t now);
  call::Caller MakeCaller(const Claims& claims, std::vector<std::string> roles, types::Value email) const;

  const ServiceKeys& keys_;
  engine::Engine& engine_;
  std::unordered_map<std::string, Kept> kept_;
  std::list<std::string> recent_;  // most recent first
};

}  // namespace ashlar::identity
