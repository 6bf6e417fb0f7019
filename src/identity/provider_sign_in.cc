// SPDX-License-Identifier: Apache-2.0
#include "identity/provider_sign_in.h"

#include <algorithm>

#include "base/await.h"
#include "base/base64.h"
#include "base/crypto/hmac.h"
#include "identity/mailroom.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

constexpr int64_t kMicros = 1'000'000;
constexpr int64_t kRemembered = 2 * (kFlowSeconds + kCodeSeconds);  // longer than a flow and its ticket last
constexpr int64_t kMostRemembered = 10'000;  // sign-ins that have come back lately, of all Users
constexpr int64_t kForgottenAtOnce = 20;
constexpr size_t kChallengeBytes = 32;

std::unexpected<call::ApiError> Stale() {
  return call::Refuse(Code::kInvalidCredentials,
                      "this sign-in is over, was used already, or was begun in another browser: begin again");
}

bool IsLinking(const LoginFlow& flow) { return flow.user != types::Uuid{}; }

Arrival Failing(const std::string& return_to, std::string_view word) {
  return {return_to, "error", std::string(word), ""};
}

}  // namespace

const std::string* ProviderSignIn::ReturnOf(const LoginFlow& flow) const {
  const auto& all = providers_.returns();
  auto found = std::ranges::find_if(all, [&](const std::string& one) { return ReturnMark(one) == flow.return_to; });
  return found == all.end() ? nullptr : &*found;
}

Task<call::Answer<Departure>> ProviderSignIn::Begin(Context& context, Wish wish) {
  OpenIdProvider* provider = providers_.Find(wish.provider);
  if (provider == nullptr) co_return call::Refuse(Code::kNotFound, "there is no such provider");
  if (wish.return_to.empty()) wish.return_to = providers_.returns().front();
  if (std::ranges::find(providers_.returns(), wish.return_to) == providers_.returns().end()) {
    co_return call::Refuse(Code::kInvalidQuery, "'returnTo' is none of the addresses that the contract lists");
  }
  LoginFlow flow{.id = types::NewUuidV7(context.clock.NowMicros()),
                 .provider = wish.provider,
                 .expires_at = context.clock.NowMicros() / kMicros + kFlowSeconds,
                 .challenge = "",
                 .return_to = ReturnMark(wish.return_to),
                 .user = wish.user,
                 .by = wish.session};
  if (!wish.challenge.empty()) {
    auto bytes = Base64UrlDecode(wish.challenge);
    if (!bytes || bytes->size() != kChallengeBytes) {
      co_return call::Refuse(Code::kInvalidQuery, "'challenge' must be a SHA-256 in base64url (S256 of RFC 7636)");
    }
    flow.challenge = std::move(*bytes);
  }
  auto document = co_await provider->Document();
  if (!document) co_return call::Refuse(Code::kUnavailable, "the provider cannot be asked now; try again later");
  // One for all tabs of a browser, so that none spoils what another has begun.
  const std::string browser = IsBrowserSecret(wish.browser) ? wish.browser : NewBrowserSecret();
  const std::string state = SealFlow(keys_, FlowStage::kState, browser, flow);
  const std::string challenge = Base64UrlEncode(ChallengeOf(VerifierOf(keys_, browser, flow)));
  co_return Departure{provider->AuthorizationUrl(*document, state, NonceOf(keys_, browser, flow), challenge), browser};
}

// Writes down that a flow has come back; false: it was there already. What is over is forgotten by the way.
Task<call::Answer<bool>> ProviderSignIn::Remember(Context& context, const LoginFlow& flow) {
  const int64_t now = context.clock.NowMicros();
  call::Call oldest = keeper_.Listing(resource(), "expiresAt", kForgottenAtOnce);
  auto list = co_await keeper_.Do(context, std::move(oldest));
  if (!list) co_return std::unexpected(list.error());
  bool room = list->page->total.value_or(0) < kMostRemembered;
  for (size_t row = 0; row < list->rows.rows.size(); ++row) {
    if (MicrosIn(resource(), list->rows, "expiresAt", row) > now) break;
    auto gone = co_await keeper_.Do(context, keeper_.Removing(resource(), IdIn(resource(), list->rows, "id", row)));
    if (!gone && gone.error().code != Code::kNotFound) co_return std::unexpected(gone.error());
    room = true;
  }
  if (!room) co_return call::Refuse(Code::kOverloaded, "too many sign in at once; try again later");
  Keeper::Body body;
  body.emplace_back("id", Json(types::FormatUuid(flow.id)));
  body.emplace_back("expiresAt", TimeJson(now + kRemembered * kMicros));
  auto made = co_await keeper_.Do(context, keeper_.Making(resource(), ToJson(std::move(body))));
  if (!made && made.error().code == Code::kConflict) co_return false;
  if (!made) co_return std::unexpected(made.error());
  co_return true;
}

Task<call::Answer<Arrival>> ProviderSignIn::Return(Context& context, std::string name,
                                                   std::vector<std::pair<std::string, std::string>> query,
                                                   std::string browser, std::string agent) {
  OpenIdProvider* provider = providers_.Find(name);
  if (provider == nullptr) co_return call::Refuse(Code::kNotFound, "there is no such provider");
  auto given = ReadCallback(query);
  if (!given || !IsBrowserSecret(browser)) co_return Stale();
  auto flow = OpenFlow(keys_, FlowStage::kState, browser, given->state);
  const bool fits = flow && flow->provider == name && flow->expires_at > context.clock.NowMicros() / kMicros;
  const std::string* return_to = fits ? ReturnOf(*flow) : nullptr;
  if (return_to == nullptr) co_return Stale();
  std::string_view wrong;
  if (given->issuer && *given->issuer != provider->what().issuer.issuer) {
    wrong = "it is another issuer's";
  } else if (given->code.empty() && given->error != "access_denied") {
    wrong = "an error of another form";
    if (!given->error.empty()) wrong = given->error;
  }
  if (!wrong.empty()) {
    provider->Tell("its answer", wrong);
    co_return Failing(*return_to, "PROVIDER_FAILED");
  }
  if (given->code.empty()) co_return Failing(*return_to, "ACCESS_DENIED");
  auto fresh = co_await Remember(context, *flow);
  if (!fresh) co_return std::unexpected(fresh.error());
  if (!*fresh) co_return Stale();
  auto user = co_await Ask(context, *provider, std::move(*given), *flow, browser);
  if (!user) {  // nothing came of it: a place is for whom the provider vouches
    auto gone = co_await keeper_.Do(context, keeper_.Removing(resource(), types::FormatUuid(flow->id)));
    if (!gone && gone.error().code != Code::kNotFound) co_return std::unexpected(gone.error());
    co_return Failing(*return_to, "PROVIDER_FAILED");
  }
  call::Answer<Arrival> arrival;
  if (IsLinking(*flow)) {
    arrival = co_await Link(context, *provider, std::move(*user), std::move(*flow));
  } else {
    arrival =
        co_await SignIn(context, *provider, std::move(*user), std::move(*flow), std::move(browser), std::move(agent));
  }
  if (arrival) arrival->return_to = *return_to;
  co_return arrival;
}

// Whom the provider has proved, for a code that comes of this very flow.
Task<std::optional<ProviderUser>> ProviderSignIn::Ask(Context& context, OpenIdProvider& provider, Callback given,
                                                      LoginFlow flow, std::string browser) {
  auto document = co_await provider.Document();
  if (!document) co_return std::nullopt;
  if (document->names_itself && !given.issuer) {
    provider.Tell("its answer", "it has no 'iss'");
    co_return std::nullopt;
  }
  auto tokens = co_await provider.Redeem(*document, std::move(given.code), VerifierOf(keys_, browser, flow));
  if (!tokens) co_return std::nullopt;
  auto user = co_await provider.Verify(context, std::move(tokens->id), NonceOf(keys_, browser, flow));
  if (!user || !user->email.empty() || IsLinking(flow)) co_return user;
  auto more = co_await provider.UserInfo(*document, std::move(tokens->access));
  if (!more || AddUserInfo(*more, *user)) co_return user;
  provider.Tell("its userinfo", "it is of another user");
  co_return std::nullopt;
}

Task<call::Answer<Arrival>> ProviderSignIn::SignIn(Context& context, OpenIdProvider& provider, ProviderUser who,
                                                   LoginFlow flow, std::string browser, std::string agent) {
  auto known = co_await links_.Recognise(context, provider.what(), std::move(who));
  if (!known) co_return std::unexpected(known.error());
  if (known->user.empty()) co_return Failing("", known->refusal);
  auto guarded = co_await second_factors_.IsOn(context, known->user);
  if (!guarded) co_return std::unexpected(guarded.error());
  if (!flow.challenge.empty() || *guarded) {
    flow.user = *types::ParseUuid(known->user);
    flow.by = *types::ParseUuid(known->link);
    flow.expires_at = context.clock.NowMicros() / kMicros + (*guarded ? kCodeSeconds : kTicketSeconds);
    const std::string opens_in = flow.challenge.empty() ? browser : "";
    co_return Arrival{"", "ticket", SealFlow(keys_, FlowStage::kTicket, opens_in, flow), ""};
  }
  auto room = co_await sessions_.MakeRoom(context, known->user);
  if (!room) co_return std::unexpected(room.error());
  const types::Uuid session = types::NewUuidV7(context.clock.NowMicros());
  std::vector<call::Call> calls{links_.Holding(context, known->link),
                                sessions_.Beginning(context, session, known->user, agent, true)};
  std::vector events{Event{EventKind::kLoginSucceeded, known->user, types::FormatUuid(session)}};
  auto done = co_await keeper_.DoAllWhileEnabled(context, known->user, std::move(calls), std::move(events));
  if (!done && done.error().error.code == Code::kNotFound) co_return Failing("", "ACCOUNT_REFUSED");
  if (!done) co_return std::unexpected(done.error().error);
  co_return Arrival{"", "", "", sessions_.CookieOf(session)};
}

// The session that asked for it must be there still: who has found one loses it with what came of it.
Task<call::Answer<Arrival>> ProviderSignIn::Link(Context& context, OpenIdProvider& provider, ProviderUser who,
                                                 LoginFlow flow) {
  const std::string user = types::FormatUuid(flow.user);
  auto session = co_await keeper_.Get(context, keeper_.session(), types::FormatUuid(flow.by));
  if (!session && session.error().code != Code::kNotFound) co_return std::unexpected(session.error());
  const bool live = session && IsLive(keeper_.session(), session->rows, context.clock.NowMicros()) &&
                    IdIn(keeper_.session(), session->rows, "userId") == user;
  if (!live) co_return Failing("", "ACCOUNT_REFUSED");
  auto linked = co_await links_.Link(context, provider.what().issuer.issuer, std::move(who.subject), user);
  if (!linked && linked.error().code == Code::kNotFound) co_return Failing("", "ACCOUNT_REFUSED");
  if (!linked) co_return std::unexpected(linked.error());
  if (!*linked) co_return Failing("", "LINK_TAKEN");
  co_return Arrival{"", "linked", flow.provider, ""};
}

Task<call::Answer<HeldFlow>> ProviderSignIn::Hold(Context& context, std::string ticket, std::string verifier,
                                                  std::string browser) {
  auto flow = OpenFlow(keys_, FlowStage::kTicket, verifier.empty() ? browser : "", ticket);
  if (!flow || flow->expires_at <= context.clock.NowMicros() / kMicros) co_return WrongTicket();
  const bool shown = verifier.empty() ? flow->challenge.empty() && IsBrowserSecret(browser)
                                      : EqualInConstantTime(ChallengeOf(verifier), flow->challenge);
  if (!shown) co_return WrongTicket();
  auto found = co_await keeper_.Get(context, resource(), types::FormatUuid(flow->id));
  if (!found && found.error().code == Code::kNotFound) co_return WrongTicket();
  if (!found) co_return std::unexpected(found.error());
  if (MicrosIn(resource(), found->rows, "endedAt") != 0) co_return WrongTicket();
  std::string user = types::FormatUuid(flow->user);
  auto linked = co_await links_.IsOf(context, types::FormatUuid(flow->by), user);
  if (!linked) co_return std::unexpected(linked.error());
  if (!*linked) co_return WrongTicket();
  co_return HeldFlow{std::move(*flow), std::move(user), found->version};
}

call::Call ProviderSignIn::Consuming(const Context& context, const HeldFlow& held) const {
  Keeper::Body body;
  body.emplace_back("endedAt", TimeJson(context.clock.NowMicros()));
  return keeper_.Changing(resource(), types::FormatUuid(held.flow.id), std::move(body), held.version);
}

}  // namespace ashlar::identity
