// SPDX-License-Identifier: Apache-2.0
#include "identity/links.h"

#include <algorithm>

#include "base/await.h"
#include "identity/link_verdict.h"
#include "identity/owner.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

constexpr int kTries = 20;  // while others come back with the same address

bool IsRace(Code code) {
  return code == Code::kConflict || code == Code::kPreconditionFailed || code == Code::kNotFound;
}

std::string NewId(const Context& context) { return types::FormatUuid(types::NewUuidV7(context.clock.NowMicros())); }

}  // namespace

// What there is of somebody who comes back.
struct Links::Known {
  std::optional<LinkSeen> link;
  std::string user;     // linked, of the address, or to be made
  std::string email;    // folded; empty: none that could be an address here
  int64_t version = 0;  // of the row of the User who has the address
  LinkVerdict verdict = LinkVerdict::kRefused;
};

Task<call::Answer<std::optional<LinkSeen>>> Links::Find(Context& context, std::string issuer, std::string subject) {
  call::Call call = keeper_.Finding(resource(), "issuer", issuer);
  call.where.push_back({"subject", {"subject"}, call::Operator::kEq, {std::move(subject)}});
  auto found = co_await keeper_.Do(context, std::move(call));
  if (!found) co_return std::unexpected(found.error());
  if (found->rows.rows.empty()) co_return std::nullopt;
  co_return LinkSeen{.id = IdIn(resource(), found->rows, "id"),
                     .user = IdIn(resource(), found->rows, "userId"),
                     .issuer = std::move(issuer),
                     .subject = TextIn(resource(), found->rows, "subject"),
                     .created_at = MicrosIn(resource(), found->rows, "createdAt"),
                     .used_at = MicrosIn(resource(), found->rows, "usedAt")};
}

Task<call::Answer<std::vector<LinkSeen>>> Links::List(Context& context, std::string user) {
  auto found = co_await keeper_.Do(context, keeper_.Finding(resource(), "userId", user));
  if (!found) co_return std::unexpected(found.error());
  std::vector<LinkSeen> list;
  for (size_t row = 0; row < found->rows.rows.size(); ++row) {
    list.push_back({.id = IdIn(resource(), found->rows, "id", row),
                    .user = user,
                    .issuer = TextIn(resource(), found->rows, "issuer", row),
                    .subject = TextIn(resource(), found->rows, "subject", row),
                    .created_at = MicrosIn(resource(), found->rows, "createdAt", row),
                    .used_at = MicrosIn(resource(), found->rows, "usedAt", row)});
  }
  co_return list;
}

call::Call Links::Making(const Context& context, const std::string& issuer, const std::string& subject,
                         const std::string& user, const std::string& id) const {
  Keeper::Body body;
  body.emplace_back("id", Json(id));
  body.emplace_back("userId", Json(user));
  body.emplace_back("issuer", Json(issuer));
  body.emplace_back("subject", Json(subject));
  body.emplace_back("usedAt", TimeJson(context.clock.NowMicros()));
  return keeper_.Making(resource(), ToJson(std::move(body)));
}

call::Call Links::Holding(const Context& context, const std::string& id) const {
  Keeper::Body body;
  body.emplace_back("usedAt", TimeJson(context.clock.NowMicros()));
  return keeper_.Changing(resource(), id, std::move(body));
}

Task<call::Answer<bool>> Links::IsOf(Context& context, std::string id, std::string user) {
  auto found = co_await keeper_.Get(context, resource(), std::move(id));
  if (!found && found.error().code == Code::kNotFound) co_return false;
  if (!found) co_return std::unexpected(found.error());
  co_return IdIn(resource(), found->rows, "userId") == user;
}

Task<call::Answer<Links::Known>> Links::Look(Context& context, const std::string& issuer, const ProviderUser& user) {
  Known known;
  LinkCase one{.open = keeper_.service().identity->registers};
  auto link = co_await Find(context, issuer, user.subject);
  if (!link) co_return std::unexpected(link.error());
  auto email = FoldAddress(keeper_, "email", user.email);
  if (*link) {
    one.linked = true;
    known.user = (*link)->user;
    known.link = std::move(**link);
  } else if (email && user.verified) {
    one.proved = true;
    known.email = *email;
    auto owner = co_await FindOwner(keeper_, context, *email);
    if (!owner) co_return std::unexpected(owner.error());
    known.user = owner->id;
  }
  if (one.proved && !known.user.empty()) {
    auto list = co_await List(context, known.user);
    if (!list) co_return std::unexpected(list.error());
    one.taken = std::ranges::any_of(*list, [&](const LinkSeen& other) { return other.issuer == issuer; });
  }
  if (!known.user.empty()) {
    auto row = co_await keeper_.Get(context, keeper_.user(), known.user);
    if (!row && row.error().code != Code::kNotFound) co_return std::unexpected(row.error());
    if (row) {
      one.may = MaySignIn(keeper_.service(), row->rows);
      one.known = known.link || TextIn(keeper_.user(), row->rows, "email") == known.email;
      one.own_proved = FlagIn(keeper_.user(), row->rows, "emailVerified");
      known.version = row->version;
    }
  }
  known.verdict = Judge(one);
  co_return known;
}

// What a verdict that signs somebody in brings about, in one transaction. Nobody is linked whose row has changed since.
std::vector<call::Call> Links::CallsOf(const Context& context, const std::string& issuer, const ProviderUser& user,
                                       Known& known) const {
  if (known.verdict == LinkVerdict::kSignIn) return {Holding(context, known.link->id)};
  Keeper::Body body;
  if (known.verdict == LinkVerdict::kRegister) {
    known.user = NewId(context);
    body.emplace_back("id", Json(known.user));
    body.emplace_back("email", Json(known.email));
  }
  body.emplace_back("emailVerified", Json(true));
  const bool makes = known.verdict == LinkVerdict::kRegister;
  call::Call row = makes ? keeper_.Making(keeper_.user(), ToJson(std::move(body)))
                         : keeper_.Changing(keeper_.user(), known.user, std::move(body), known.version);
  known.link = LinkSeen{.id = NewId(context)};
  return {std::move(row), Making(context, issuer, user.subject, known.user, known.link->id)};
}

Task<call::Answer<Recognised>> Links::Recognise(Context& context, const model::OpenIdProvider& provider,
                                                ProviderUser user) {
  const std::string& issuer = provider.issuer.issuer;
  for (int i = 0; i < kTries; ++i) {
    auto known = co_await Look(context, issuer, user);
    if (!known) co_return std::unexpected(known.error());
    if (const std::string_view word = WordOf(known->verdict); !word.empty()) co_return Recognised{"", "", word};
    std::vector<call::Call> calls = CallsOf(context, issuer, user, *known);
    std::vector<Event> events;
    if (known->verdict == LinkVerdict::kRegister) events.push_back({EventKind::kUserCreated, known->user});
    if (known->verdict == LinkVerdict::kLink) events.push_back({EventKind::kUserUpdated, known->user});
    auto done = co_await keeper_.DoAll(context, std::move(calls), std::move(events));
    if (done) co_return Recognised{std::move(known->user), std::move(known->link->id), ""};
    const Code code = done.error().error.code;
    // The contract wants more of a User than a provider knows.
    if (code == Code::kValidationError || code == Code::kExpressionFailed) {
      co_return Recognised{"", "", "REGISTRATION_INCOMPLETE"};
    }
    if (!IsRace(code)) co_return std::unexpected(done.error().error);
  }
  co_return call::Refuse(Code::kOverloaded, "too many change this account at once; try again later");
}

Task<call::Answer<bool>> Links::Link(Context& context, std::string issuer, std::string subject, std::string user) {
  for (int i = 0; i < kTries; ++i) {
    auto link = co_await Find(context, issuer, subject);
    if (!link) co_return std::unexpected(link.error());
    if (*link) co_return (*link)->user == user;
    auto list = co_await List(context, user);
    if (!list) co_return std::unexpected(list.error());
    for (const LinkSeen& seen : *list) {
      if (seen.issuer == issuer) co_return false;
    }
    std::vector<call::Call> calls{Making(context, issuer, subject, user, NewId(context))};
    std::vector events{Event{EventKind::kUserUpdated, user}};
    auto done = co_await keeper_.DoAllWhileEnabled(context, user, std::move(calls), std::move(events));
    if (done) co_return true;
    if (!IsRace(done.error().error.code)) co_return std::unexpected(done.error().error);
  }
  co_return call::Refuse(Code::kOverloaded, "too many change this account at once; try again later");
}

}  // namespace ashlar::identity
