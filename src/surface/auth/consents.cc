// SPDX-License-Identifier: Apache-2.0
// What a User has let the clients of the provider have.
#include "base/await.h"
#include "surface/auth/encode.h"
#include "surface/auth/handlers.h"

namespace ashlar::surface::auth {
Task<Answer> ListConsents(Asked& asked) {
  auto list = co_await asked.provider->ListConsents(asked.context, asked.user());
  if (!list) co_return std::unexpected(list.error());
  co_return JsonAnswer(200, EncodeConsents(*list, asked.meta()));
}

Task<Answer> TakeBackConsent(Asked& asked) {
  auto done = co_await asked.provider->Disagree(asked.context, asked.user(), asked.request.segments[2]);
  if (!done) co_return std::unexpected(done.error());
  co_return NoContent();
}

}  // namespace ashlar::surface::auth
