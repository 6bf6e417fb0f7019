// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "identity/keeper.h"
#include "model/provider.h"

namespace ashlar::identity {

// What a User has let a client have.
struct Consent {
  std::string client;
  std::string name = "";   // as Users are shown it; Provider::ListConsents knows it
  std::string scope;       // separated by spaces
  int64_t given_at = 0;    // microseconds since 1970, the first time
};

// What Users have agreed to, a row for each User and client; of trusted clients there are none. One loop's.
class Consents {
 public:
  // Of clients that registered themselves a User has so many: where there is one more the oldest has to go.
  static constexpr size_t kMostOfRegistered = 50;

  // `key` hides which row is whose. All must outlive it.
  Consents(Keeper& keeper, std::string key) : keeper_(keeper), key_(std::move(key)) {}

  // Whether the User has agreed to all of it.
  Task<call::Answer<bool>> Covers(Context& context, std::string user, std::string client, std::string scope);
  // NOT_FOUND unless the User has agreed to all of it.
  Keeper::Look Covering(const std::string& user, const std::string& client, std::string scope) const;
  // The clients whose consents have to go; the oldest first.
  Task<call::Answer<std::vector<std::string>>> Surplus(Context& context, std::string user);
  // Adds it to what the User has agreed to. REQUIRES: a normal scope.
  Task<call::Answer<bool>> Give(Context& context, std::string user, const model::Client& client, std::string scope);
  Task<call::Answer<std::vector<Consent>>> List(Context& context, std::string user);
  // False: there is none.
  Task<call::Answer<bool>> TakeBack(Context& context, std::string user, std::string client);

 private:
  std::string IdOf(const std::string& user, const std::string& client) const;
  Keeper& keeper_;
  const std::string key_;
};

}  // namespace ashlar::identity
