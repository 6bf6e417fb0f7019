// SPDX-License-Identifier: Apache-2.0
#include "base/await.h"
#include "surface/auth/encode.h"
#include "surface/auth/handlers.h"

namespace ashlar::surface::auth {
namespace {

Task<Answer> End(Asked& asked, std::string which) {
  if (which.empty()) co_return call::Refuse(call::Code::kForbidden, "this token is of no session");
  const bool own = which == asked.session();
  auto ended = co_await asked.accounts.sessions().End(asked.context, asked.user(), std::move(which));
  if (!ended) co_return std::unexpected(ended.error());
  co_return asked.cookie().empty() || !own ? NoContent() : NoContentNorCookie();
}

}  // namespace

Task<Answer> Logout(Asked& asked) {
  auto answer = co_await End(asked, asked.session());
  co_return answer;
}

Task<Answer> EndSession(Asked& asked) {
  auto answer = co_await End(asked, asked.request.segments[2]);
  co_return answer;
}

Task<Answer> ListSessions(Asked& asked) {
  auto list = co_await asked.accounts.sessions().List(asked.context, asked.user());
  if (!list) co_return std::unexpected(list.error());
  co_return JsonAnswer(200, EncodeSessions(*list, asked.session(), asked.meta()));
}

}  // namespace ashlar::surface::auth
