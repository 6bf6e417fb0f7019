// SPDX-License-Identifier: Apache-2.0
#include "base/await.h"
#include "surface/auth/encode.h"
#include "surface/auth/handlers.h"

namespace ashlar::surface::auth {

Task<Answer> Register(Asked& asked) {
  auto made = co_await asked.accounts.Register(asked.context, std::move(asked.body));
  if (!made) co_return std::unexpected(made.error());
  if (!*made) co_return JsonAnswer(202, EncodeNothing(asked.meta()));
  co_return JsonAnswer(201, EncodeUser(asked.service, **made, asked.meta()));
}

Task<Answer> Login(Asked& asked) {
  auto done = co_await asked.accounts.Login(asked.context, std::move(asked.body), asked.agent());
  if (!done) co_return std::unexpected(done.error());
  co_return JsonAnswer(200, EncodeSignedIn(asked.service, *done, asked.meta()));
}

Task<Answer> Refresh(Asked& asked) {
  auto done = co_await asked.accounts.Refresh(asked.context, std::move(asked.body));
  if (!done) co_return std::unexpected(done.error());
  co_return JsonAnswer(200, EncodeSignedIn(asked.service, *done, asked.meta()));
}

Task<Answer> ChangePassword(Asked& asked) {
  auto done =
      co_await asked.accounts.ChangePassword(asked.context, asked.user(), asked.session(), std::move(asked.body));
  if (!done) co_return std::unexpected(done.error());
  co_return NoContent();
}

}  // namespace ashlar::surface::auth
