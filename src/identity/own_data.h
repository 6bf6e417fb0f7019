// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "identity/api_keys.h"
#include "identity/keeper.h"
#include "identity/links.h"
#include "identity/sessions.h"

namespace ashlar::identity {

// What the service keeps of a User, as its owner may see it (GDPR, Art. 15 and 20).
struct OwnData {
  struct Part {
    model::ResourceId resource;
    std::vector<call::Outcome> pages;  // of lists; a row that refers to the User twice may stand in two of them
    bool more = false;                 // there may be rows that are not here
  };
  call::Outcome user;  // what is built in, and what its owner reads of it by the contract's rules
  std::vector<SessionSeen> sessions;
  std::vector<ApiKeySeen> api_keys;
  std::vector<LinkSeen> links;
  std::vector<Part> parts;  // of resources that refer to User: the caller's, of those that the caller may list
};

inline constexpr size_t kMostOwnRows = 10'000;
inline constexpr size_t kMostOwnBytes = 8 << 20;  // in memory; the last page may pass it

// REQUIRES: the caller is a User, and lives until the answer is there.
Task<call::Answer<OwnData>> CollectOwnData(engine::Engine& engine, Keeper& keeper, Sessions& sessions, ApiKeys& keys,
                                           Links& links, Context& context, const call::Caller& caller);

}  // namespace ashlar::identity
