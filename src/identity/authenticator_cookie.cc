// SPDX-License-Identifier: Apache-2.0
// Authenticator: browsers, whom a cookie names.
#include "base/await.h"
#include "base/crypto/hmac.h"
#include "http/cookie.h"
#include "identity/authenticator.h"
#include "identity/browser_session.h"
#include "identity/row.h"
#include "identity/sessions.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;

std::unexpected<call::ApiError> Bad(std::string message) {
  return call::Refuse(Code::kInvalidCredentials, std::move(message));
}

json::Json Member(std::string_view text) { return json::Json(std::string(text)); }

// What rules and logs see of a session, as of a token's.
Claims ClaimsOf(const model::Service& service, std::string user, std::string session, int64_t begun_us,
                int64_t until_us) {
  Claims claims;
  claims.issued_at = begun_us / 1'000'000;
  claims.expires_at = until_us / 1'000'000;
  json::Object all;
  all.push_back({"iss", Member(service.name)});
  all.push_back({"aud", Member(service.name)});
  all.push_back({"sub", Member(user)});
  all.push_back({"sid", Member(session)});
  all.push_back({"iat", NumberJson(claims.issued_at)});
  all.push_back({"exp", NumberJson(claims.expires_at)});
  claims.all = json::Json(std::move(all));
  claims.subject = std::move(user);
  return claims;
}

}  // namespace

// RFC 9110, 9.2.1, and QUERY, which is as safe.
bool IsSafeMethod(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "QUERY";
}

Eventually<Authenticator::Answer> Authenticator::FromCookie(Context& context, const http::Request& request,
                                                            std::string_view cookie) {
  if (request.Find("Authorization") || request.Find("X-Api-Key")) {
    return Answer(Bad(fmt::format("a credential and the cookie '{}' are given at once: send one", kSessionCookie)));
  }
  auto session = ReadSessionCookie(keys_.browser(), cookie);
  if (!session) return Answer(Bad("the session cookie is not valid"));
  const std::string_view shown = request.Find(kCsrfHeader).value_or("");
  if (!IsSafeMethod(request.method) && !EqualInConstantTime(CsrfTokenOf(keys_.browser(), *session), shown)) {
    return Answer(call::Refuse(Code::kForbidden, fmt::format("'{}' is not that of the session", kCsrfHeader)));
  }
  std::string kept_as = "\n" + std::string(cookie);  // which no bearer token can be
  const int64_t now = context.clock.NowMicros() / 1'000'000;
  if (auto found = by_token_.find(kept_as); found != by_token_.end()) {
    const Kept& kept = *found->second;
    if (now < kept.claims.expires_at && now < kept.fresh_until) {
      kept_.splice(kept_.begin(), kept_, found->second);
      return Answer(kept.caller);
    }
  }
  return AwaitBrowser(context, std::move(kept_as), types::FormatUuid(*session));
}

Task<Authenticator::Answer> Authenticator::AwaitBrowser(Context& context, std::string kept_as, std::string session) {
  Keeper keeper(engine_);
  Sessions sessions(keeper, keys_);
  const model::Resource& resource = keeper.session();
  auto found = co_await keeper.Get(context, resource, session);
  if (!found && found.error().code != Code::kNotFound) co_return std::unexpected(found.error());
  if (!found || !sessions.IsOpenInBrowser(context, found->rows)) {
    Forget(kept_as);
    co_return Bad("the session has ended");
  }
  std::string user = IdIn(resource, found->rows, "userId");
  const int64_t begun_us = MicrosIn(resource, found->rows, "createdAt");
  const int64_t until_us = co_await sessions.KeepOpen(context, session, std::move(*found));
  Claims claims = ClaimsOf(engine_.service(), std::move(user), std::move(session), begun_us, until_us);
  auto asked = AskForUser(context, std::move(kept_as), std::move(claims));
  auto answer = co_await Await(std::move(asked));
  co_return answer;
}

}  // namespace ashlar::identity
