// SPDX-License-Identifier: Apache-2.0
// /auth/keys
#include "base/await.h"
#include "surface/auth/encode.h"
#include "surface/auth/handlers.h"

namespace ashlar::surface::auth {
Task<Answer> ListKeys(Asked& asked) {
  auto list = co_await asked.accounts.api_keys().List(asked.context, asked.user());
  if (!list) co_return std::unexpected(list.error());
  co_return JsonAnswer(200, Enveloped(asked.meta(), [&](json::Writer& out) { WriteKeys(out, *list); }));
}

Task<Answer> MakeKey(Asked& asked) {
  auto made = co_await asked.accounts.api_keys().Make(asked.context, asked.user(), std::move(asked.body));
  if (!made) co_return std::unexpected(made.error());
  co_return JsonAnswer(201, Enveloped(asked.meta(), [&](json::Writer& out) { WriteKey(out, made->seen, made->key); }));
}

Task<Answer> RevokeKey(Asked& asked) {
  auto revoked = co_await asked.accounts.api_keys().Revoke(asked.context, asked.user(), asked.request.segments[2]);
  if (!revoked) co_return std::unexpected(revoked.error());
  co_return NoContent();
}

}  // namespace ashlar::surface::auth
