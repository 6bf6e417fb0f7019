// SPDX-License-Identifier: Apache-2.0
// API keys as credentials.
#include "base/await.h"
#include "base/crypto/hmac.h"
#include "identity/api_key.h"
#include "identity/api_keys.h"
#include "identity/authenticator.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;

constexpr int64_t kMicros = 1'000'000;

std::unexpected<call::ApiError> NotValid() { return call::Refuse(Code::kInvalidCredentials, "the key is not valid"); }

}  // namespace

Eventually<Authenticator::Answer> Authenticator::FromKey(Context& context, std::string_view text) {
  auto id = ReadApiKey(text);
  if (!id) return Answer(NotValid());
  return AskForKey(context, std::string(text), types::FormatUuid(*id));
}

// A key that is revoked or over, or whose row is gone, is none; nor is one of an owner who may not come in.
Task<Authenticator::Answer> Authenticator::AskForKey(Context& context, std::string text, std::string id) {
  Keeper keeper(engine_);
  const model::Resource& key = keeper.api_key();
  auto found = co_await keeper.Get(context, key, id);
  if (!found && found.error().code != Code::kNotFound) co_return std::unexpected(found.error());
  const bool same = found && EqualInConstantTime(HashApiKey(text), TextIn(key, found->rows, "hash"));
  if (!same || MicrosIn(key, found->rows, "revokedAt") != 0) {
    Forget(text);
    co_return NotValid();
  }
  const int64_t now = context.clock.NowMicros();
  Claims claims;
  claims.subject = IdIn(key, found->rows, "userId");
  claims.expires_at = MicrosIn(key, found->rows, "expiresAt") / kMicros;
  claims.all = json::Json(json::Object{});
  if (now / kMicros >= claims.expires_at) {
    Forget(text);
    co_return call::Refuse(Code::kTokenExpired, "the key has expired");
  }
  OfKey of_key = MakeOfKey(found->rows);
  auto user = co_await keeper.Get(context, keeper.user(), claims.subject);
  auto answer = FromUser(context, std::move(text), std::move(claims), user, std::move(of_key));
  if (answer && uses_ != nullptr) uses_->Note((*answer)->key, now);
  co_return answer;
}

// Without scopes it opens what its owner may. Rules see the scopes that the operator gave: one who could give himself a
// scope that a rule asks for would be more than he is.
Authenticator::OfKey Authenticator::MakeOfKey(const call::RowSet& rows) const {
  const model::Resource& key = engine_.service().resource(engine_.service().api_key);
  ApiKeySeen seen = SeenKey(key, rows);
  OfKey of_key{.id = std::move(seen.id)};
  if (!seen.scopes.empty()) of_key.bounds = std::make_shared<const model::Bounds>(engine_.service(), seen.scopes);
  if (FlagIn(key, rows, "granted")) of_key.scopes = std::move(seen.scopes);
  return of_key;
}

}  // namespace ashlar::identity
