// SPDX-License-Identifier: Apache-2.0
#include "base/await.h"
#include "surface/auth/encode.h"
#include "surface/auth/handlers.h"
#include "surface/rest/decode.h"
#include "types/uuid.h"

namespace ashlar::surface::auth {
namespace {

// The condition of a change, which a contract may ask for.
call::Answer<call::Preconditions> ReadPreconditions(const Asked& asked) {
  auto wanted = rest::ReadIfMatch(asked.request);
  const bool needed = asked.service.resource(asked.service.user).if_match_required;
  if (wanted && needed && !wanted->if_match) {
    return call::Refuse(call::Code::kPreconditionRequired, "a change of this row needs If-Match");
  }
  return wanted;
}

// To a page that signed in for a cookie with what it shows beside that.
Answer ShowUser(const Asked& asked, const call::Outcome& user) {
  auto session = types::ParseUuid(asked.session());
  const bool browser = !asked.cookie().empty() && session;
  http::Response response = JsonAnswer(
      200, browser ? EncodeBrowser(asked.service, user, asked.accounts.sessions().CsrfOf(*session), asked.meta())
                   : EncodeUser(asked.service, user, asked.meta()));
  response.Set("ETag", fmt::format("\"{}\"", user.version));
  return response;
}

}  // namespace

Task<Answer> GetMe(Asked& asked) {
  auto me = co_await asked.accounts.Me(asked.context, asked.user());
  if (!me) co_return std::unexpected(me.error());
  co_return ShowUser(asked, *me);
}

Task<Answer> PatchMe(Asked& asked) {
  auto wanted = ReadPreconditions(asked);
  if (!wanted) co_return std::unexpected(wanted.error());
  auto me = co_await asked.accounts.ChangeMe(asked.context, asked.user(), std::move(asked.body), std::move(*wanted));
  if (!me) co_return std::unexpected(me.error());
  co_return ShowUser(asked, *me);
}

Task<Answer> DeleteMe(Asked& asked) {
  auto wanted = ReadPreconditions(asked);
  if (!wanted) co_return std::unexpected(wanted.error());
  auto done = co_await asked.accounts.DeleteMe(asked.context, asked.user(), asked.session(), std::move(asked.body),
                                               std::move(*wanted));
  if (!done) co_return std::unexpected(done.error());
  co_return NoContent();
}

Task<Answer> ExportMe(Asked& asked) {
  auto data = co_await asked.accounts.Export(asked.context, asked.caller);
  if (!data) co_return std::unexpected(data.error());
  http::Response response = JsonAnswer(200, EncodeOwnData(asked.service, *data, asked.session(), asked.meta()));
  response.Set("Content-Disposition", fmt::format("attachment; filename=\"{}-export.json\"", asked.service.name));
  co_return response;
}

}  // namespace ashlar::surface::auth
