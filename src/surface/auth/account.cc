// SPDX-License-Identifier: Apache-2.0
#include "base/await.h"
#include "http/cookie.h"
#include "identity/browser_session.h"
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
  if (asked.body.Find("mode") != nullptr && !asked.own_page) {
    co_return call::Refuse(call::Code::kForbidden, "a page of another origin gets no cookie");
  }
  identity::SignsIn from{asked.agent(), asked.cookie(), asked.sign_in()};
  auto done = co_await asked.accounts.Login(asked.context, std::move(asked.body), std::move(from));
  if (!done) co_return std::unexpected(done.error());
  if (!done->browser) co_return JsonAnswer(200, EncodeSignedIn(asked.service, *done, asked.meta()));
  http::Response response = JsonAnswer(200, EncodeBrowser(asked.service, done->user, done->csrf, asked.meta()));
  response.Set("Set-Cookie", http::HostCookie(identity::kSessionCookie, done->cookie));
  co_return response;
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
