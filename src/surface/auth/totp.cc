// SPDX-License-Identifier: Apache-2.0
#include "base/await.h"
#include "surface/auth/encode.h"
#include "surface/auth/handlers.h"

namespace ashlar::surface::auth {

Task<Answer> BeginTotp(Asked& asked) {
  auto begun = co_await asked.accounts.BeginTotp(asked.context, asked.user(), std::move(asked.body));
  if (!begun) co_return std::unexpected(begun.error());
  co_return JsonAnswer(200, EncodeTotp(*begun, asked.meta()));
}

Task<Answer> ConfirmTotp(Asked& asked) {
  auto codes = co_await asked.accounts.ConfirmTotp(asked.context, asked.user(), asked.session(), std::move(asked.body));
  if (!codes) co_return std::unexpected(codes.error());
  co_return JsonAnswer(200, EncodeRecoveryCodes(*codes, asked.meta()));
}

Task<Answer> EndTotp(Asked& asked) {
  auto ended = co_await asked.accounts.EndTotp(asked.context, asked.user(), asked.session(), std::move(asked.body));
  if (!ended) co_return std::unexpected(ended.error());
  co_return NoContent();
}

}  // namespace ashlar::surface::auth
