// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "identity/keeper.h"

namespace ashlar::identity {

// What a key shall be. Its scopes narrow what it opens (model::Bounds); without any it is as good as its owner.
struct ApiKeyWish {
  std::string name;
  std::vector<std::string> scopes;
  int64_t expires_at = 0;  // microseconds since 1970
  bool granted = false;    // by the operator: rules see the scopes too, which then may be others than bounds
};

// A key as its owner is shown it.
struct ApiKeySeen {
  std::string id, user, name;
  std::string ending;  // of the key, by which it is told from others
  std::vector<std::string> scopes;
  int64_t created_at = 0, expires_at = 0, last_used_at = 0;  // microseconds since 1970; 0: never
};

// {name, scopes?, expiresAt?} as far as it can be judged by itself, all mistakes at once. REQUIRES: there are keys.
call::Answer<ApiKeyWish> ReadApiKeyWish(const model::Service& service, const json::Json& body, int64_t now_micros,
                                        bool granted);

// One that is about to be made.
struct ApiKeyMade {
  ApiKeySeen seen;
  std::string key;                // secret; nothing else will ever have it
  std::vector<call::Call> calls;  // to be done together; CONFLICT or NOT_FOUND: look at the rows again
};
// `rows` are all of the user's. 409 if he has as many as he may.
call::Answer<ApiKeyMade> MakeApiKey(const model::Service& service, const call::RowSet& rows, const std::string& user,
                                    ApiKeyWish wish, int64_t now_micros);

// Of a row of keys: whether it is neither revoked nor over, and what is shown of it.
bool IsGoodKey(const model::Resource& key, const call::RowSet& rows, int64_t now_micros, size_t row = 0);
ApiKeySeen SeenKey(const model::Resource& key, const call::RowSet& rows, size_t row = 0);

// The keys that Users have for their programs. One loop's.
class ApiKeys {
 public:
  // REQUIRES: the service has an identity with keys, where anything is asked. It must outlive this.
  explicit ApiKeys(Keeper& keeper) : keeper_(keeper) {}

  Task<call::Answer<ApiKeyMade>> Make(Context& context, std::string user, json::Json body);
  // Those that are good, oldest first.
  Task<call::Answer<std::vector<ApiKeySeen>>> List(Context& context, std::string user);
  // 404 unless it is this user's and good.
  Task<call::Answer<bool>> Revoke(Context& context, std::string user, std::string id);

 private:
  Keeper& keeper_;
};

}  // namespace ashlar::identity
