// SPDX-License-Identifier: Apache-2.0
#include "identity/mailroom.h"

#include <algorithm>

#include "base/await.h"
#include "base/crypto/hmac.h"
#include "identity/row.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using call::Code;
using json::Json;

constexpr int kTries = 60;   // while others write to the same recipient
constexpr int kDecoys = 64;  // rows that stand for nobody, of each kind

std::unexpected<call::ApiError> Busy() {
  return call::Refuse(Code::kOverloaded, "too many ask for mail at once; try again later");
}

std::vector<std::string> TextsIn(const model::Resource& resource, const call::RowSet& set, std::string_view name) {
  std::vector<std::string> texts;
  types::Value value = ValueOf(resource, set, name);
  const auto* list = value.get<types::List>();
  if (list == nullptr) return texts;
  for (const types::Value& item : list->items) {
    if (const auto* text = item.get<std::string>()) texts.push_back(*text);
  }
  return texts;
}

// Whether another has changed the rows of the mail itself.
bool IsRace(const engine::Refused& refused, size_t before) {
  if (refused.call && *refused.call < before) return false;
  return refused.error.code == Code::kPreconditionFailed || refused.error.code == Code::kConflict ||
         refused.error.code == Code::kNotFound;
}

}  // namespace

std::unexpected<call::ApiError> WrongTicket() {
  return call::Refuse(Code::kInvalidCredentials, "the token is not valid, or not any more");
}

std::unexpected<call::ApiError> NoMails() { return call::Refuse(Code::kForbidden, "the service sends no such mail"); }

std::string Mailroom::DecoyId(std::string_view kind, std::string_view who) const {
  const int which = HmacSha256(key_, who)[0] % kDecoys;
  return types::FormatUuid(DerivedId(key_, fmt::format("decoy {} {}", kind, which)));
}

call::Call Mailroom::Pretending(const Context& context, std::string_view who, int which) const {
  Keeper::Body body;
  body.emplace_back("password", Json(std::string("-")));
  body.emplace_back("lockedUntil", TimeJson(context.clock.NowMicros()));
  return keeper_.Putting(keeper_.credential(), DecoyId(fmt::format("credential {}", which), who), std::move(body));
}

// The generic cell rate algorithm, in the row of whose mails are counted; of nobody's where `whose` is empty.
Task<call::Answer<Mailroom::Room>> Mailroom::RoomFor(Context& context, std::string whose, std::string who) {
  const model::Resource& mailbox = keeper_.service().resource(keeper_.service().mailbox);
  const std::string decoy = DecoyId("mailbox", who);
  const std::string id =
      whose.empty() ? decoy : types::FormatUuid(DerivedId(key_, fmt::format("mailbox of {}", whose)));
  auto found = co_await keeper_.Get(context, mailbox, id);
  if (!found && found.error().code != Code::kNotFound) co_return std::unexpected(found.error());
  const int64_t now = context.clock.NowMicros();
  const int64_t full_at = std::max(now, found ? MicrosIn(mailbox, found->rows, "fullAt") : 0) + kMailEveryMicros;
  const bool free = !whose.empty() && full_at <= now + kMostMailsAtOnce * kMailEveryMicros;
  Keeper::Body body;
  body.emplace_back("fullAt", TimeJson(free ? full_at : now + kMailEveryMicros));
  if (!free) co_return Room{false, keeper_.Putting(mailbox, decoy, std::move(body))};
  if (found) co_return Room{true, keeper_.Changing(mailbox, id, std::move(body), found->version)};
  body.emplace_back("id", Json(id));
  co_return Room{true, keeper_.Making(mailbox, ToJson(std::move(body)))};
}

// Whether the mail may be sent; `taking` gets what that costs.
Task<call::Answer<bool>> Mailroom::HasRoom(Context& context, const Posting& posting, std::vector<call::Call>& taking) {
  bool free = true;
  if (!posting.asker.empty()) {
    auto room = co_await RoomFor(context, fmt::format("user {}", posting.asker), posting.asker);
    if (!room) co_return std::unexpected(room.error());
    taking.push_back(std::move(room->taking));
    free = room->free;
  }
  const bool wanted = free && posting.kind != MailKind::kNothing;
  auto room = co_await RoomFor(context, wanted ? posting.recipient : "", posting.asked_for);
  if (!room) co_return std::unexpected(room.error());
  taking.push_back(std::move(room->taking));
  co_return room->free;
}

std::vector<call::Call> Mailroom::CallsOf(const Context& context, const Posting& posting, bool sends,
                                          std::vector<call::Call> taking) const {
  const model::Service& service = keeper_.service();
  const int64_t now = context.clock.NowMicros();
  const MailKindRow& row = RowOf(sends ? posting.kind : MailKind::kNothing);
  Mail mail{.kind = row.kind, .recipient = sends ? posting.recipient : "", .ticket = {}};
  TicketHolder holder;
  if (row.purpose) {
    mail.ticket = NewTicket(key_, *row.purpose, posting.user);
    holder = {posting.user, posting.recipient, {}};
  } else {
    mail.ticket = NewTicket(key_, Purpose::kVerify, DecoyId("ticket", posting.asked_for));
  }
  std::vector<call::Call> calls = posting.with;
  std::ranges::move(taking, std::back_inserter(calls));
  calls.push_back(IssueCall(service, mail.ticket, holder, now, row.lifetime_s));
  calls.push_back(QueueCall(service, mail, now));
  return calls;
}

Task<engine::SequenceAnswer> Mailroom::Post(Context& context, Posting posting) {
  auto refuse = [](call::ApiError error) { return std::unexpected(engine::Refused{std::nullopt, std::move(error)}); };
  if (queue_->full()) co_return refuse(Busy().error());
  for (int i = 0; i < kTries; ++i) {
    std::vector<call::Call> taking;
    auto sends = co_await HasRoom(context, posting, taking);
    if (!sends) co_return refuse(sends.error());
    auto done = co_await keeper_.DoAll(context, CallsOf(context, posting, *sends, std::move(taking)));
    if (done) queue_->Added();
    if (done || !IsRace(done.error(), posting.with.size())) co_return done;
  }
  co_return refuse(Busy().error());
}

call::Call Mailroom::Notice(const Context& context, MailKind kind, const std::string& recipient) const {
  return QueueCall(keeper_.service(), {.kind = kind, .recipient = recipient, .ticket = {}}, context.clock.NowMicros());
}

Task<call::Answer<HeldTicket>> Mailroom::Look(Context& context, std::string token, std::vector<Purpose> purposes) {
  auto ticket = ReadTicket(key_, token);
  if (!ticket || std::ranges::find(purposes, ticket->purpose) == purposes.end()) co_return WrongTicket();
  const model::Resource& resource = keeper_.service().resource(keeper_.service().ticket);
  auto found = co_await keeper_.Get(context, resource, types::FormatUuid(ticket->id));
  if (!found && found.error().code == Code::kNotFound) co_return WrongTicket();
  if (!found) co_return std::unexpected(found.error());
  const bool good = NumberIn(resource, found->rows, "stamp") == ticket->stamp &&
                    MicrosIn(resource, found->rows, "expiresAt") > context.clock.NowMicros();
  if (!good) co_return WrongTicket();
  co_return HeldTicket{*ticket,
                       found->version,
                       {IdIn(resource, found->rows, "userId"), TextIn(resource, found->rows, "email"),
                        TextsIn(resource, found->rows, "roles")}};
}

call::Call Mailroom::Consuming(const Context& context, const HeldTicket& held) const {
  const model::Resource& resource = keeper_.service().resource(keeper_.service().ticket);
  Keeper::Body body;
  body.emplace_back("expiresAt", TimeJson(context.clock.NowMicros()));
  return keeper_.Changing(resource, types::FormatUuid(held.ticket.id), std::move(body), held.version);
}

call::Call Mailroom::Spoiling(const Context& context, Purpose purpose, const std::string& user) const {
  return IssueCall(keeper_.service(), NewTicket(key_, purpose, user), {user, "", {}}, context.clock.NowMicros(), 0);
}

}  // namespace ashlar::identity
