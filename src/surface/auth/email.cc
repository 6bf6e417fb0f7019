// SPDX-License-Identifier: Apache-2.0
// Addresses that are proved, and passwords that are replaced, by mail.
#include "base/await.h"
#include "surface/auth/encode.h"
#include "surface/auth/handlers.h"

namespace ashlar::surface::auth {
namespace {

using Page = std::string model::Links::*;

// Whether the service has the page that such a mail leads to.
bool Sends(const Asked& asked, Page page) {
  return asked.accounts.sends() && !(asked.service.identity->links.*page).empty();
}

// To strangers: nothing that tells whether there is somebody.
Answer Accepted(Asked& asked, const call::Answer<bool>& done) {
  if (!done) return std::unexpected(done.error());
  return JsonAnswer(202, EncodeNothing(asked.meta()));
}

Answer Done(const call::Answer<bool>& done) {
  if (!done) return std::unexpected(done.error());
  return NoContent();
}

}  // namespace

Task<Answer> VerifyEmail(Asked& asked) {
  if (!Sends(asked, &model::Links::verify)) co_return identity::NoMails();
  auto done = co_await asked.accounts.verification().Verify(asked.context, std::move(asked.body));
  co_return Done(done);
}

Task<Answer> ResendEmail(Asked& asked) {
  if (!Sends(asked, &model::Links::verify)) co_return identity::NoMails();
  auto done = co_await asked.accounts.verification().Resend(asked.context, std::move(asked.body));
  co_return Accepted(asked, done);
}

Task<Answer> ChangeEmail(Asked& asked) {
  if (!Sends(asked, &model::Links::verify)) co_return identity::NoMails();
  auto done = co_await asked.accounts.verification().ChangeEmail(asked.context, asked.user(), std::move(asked.body));
  co_return Accepted(asked, done);
}

Task<Answer> ForgotPassword(Asked& asked) {
  if (!Sends(asked, &model::Links::reset)) co_return identity::NoMails();
  auto done = co_await asked.accounts.recovery().Forgot(asked.context, std::move(asked.body));
  co_return Accepted(asked, done);
}

Task<Answer> ResetPassword(Asked& asked) {
  if (!Sends(asked, &model::Links::reset)) co_return identity::NoMails();
  auto done = co_await asked.accounts.recovery().Reset(asked.context, std::move(asked.body));
  co_return Done(done);
}

}  // namespace ashlar::surface::auth
