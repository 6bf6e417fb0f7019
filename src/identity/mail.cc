// SPDX-License-Identifier: Apache-2.0
#include "identity/mail.h"

#include <algorithm>

#include "identity/keeper.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using json::Json;

constexpr int64_t kMicros = 1'000'000;
constexpr int64_t kHour = 3600, kDay = 24 * kHour;

constexpr MailKindRow kRows[] = {
    {MailKind::kNothing, "nothing", std::nullopt, kHour},
    {MailKind::kVerify, "verify", Purpose::kVerify, kDay},
    {MailKind::kTaken, "taken", std::nullopt, kDay},
    {MailKind::kReset, "reset", Purpose::kReset, kHour / 2},
    {MailKind::kChange, "change", Purpose::kChange, kDay},
    {MailKind::kInvite, "invite", Purpose::kInvite, 7 * kDay},
    {MailKind::kPasswordChanged, "passwordChanged", std::nullopt, 7 * kDay},
    {MailKind::kEmailChanged, "emailChanged", std::nullopt, 7 * kDay},
};

std::string_view NameOf(Purpose purpose) {
  for (const MailKindRow& row : kRows) {
    if (row.purpose == purpose) return row.name;
  }
  return "nothing";
}

Json MakeTexts(const std::vector<std::string>& texts) {
  json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return Json(std::move(array));
}

}  // namespace

std::span<const MailKindRow> MailKinds() { return kRows; }

const MailKindRow& RowOf(MailKind kind) { return *std::ranges::find(kRows, kind, &MailKindRow::kind); }

std::optional<MailKind> FindMailKind(std::string_view name) {
  const auto* found = std::ranges::find(kRows, name, &MailKindRow::name);
  return found == std::end(kRows) ? std::nullopt : std::optional(found->kind);
}

call::Call CallOn(const model::Service& service, model::ResourceId resource, model::OperationKind kind) {
  call::Call call;
  call.operation = service.FindOperation(resource, kind);
  return call;
}

call::Call QueueCall(const model::Service& service, const Mail& mail, int64_t now_micros) {
  const MailKindRow& row = RowOf(mail.kind);
  Keeper::Body body;
  body.emplace_back("kind", Json(std::string(row.name)));
  if (!mail.recipient.empty()) body.emplace_back("recipient", Json(mail.recipient));
  if (row.purpose) {
    body.emplace_back("ticket", Json(types::FormatUuid(mail.ticket.id)));
    body.emplace_back("stamp", NumberJson(mail.ticket.stamp));
  }
  body.emplace_back("dueAt", TimeJson(now_micros));
  body.emplace_back("expiresAt", TimeJson(now_micros + row.lifetime_s * kMicros));
  call::Call call = CallOn(service, service.mail, model::OperationKind::kCreate);
  call.body = ToJson(std::move(body));
  return call;
}

call::Call IssueCall(const model::Service& service, const Ticket& ticket, const TicketHolder& holder,
                     int64_t now_micros, int64_t lifetime_s) {
  Keeper::Body body;
  body.emplace_back("purpose", Json(std::string(NameOf(ticket.purpose))));
  if (!holder.user.empty()) body.emplace_back("userId", Json(holder.user));
  if (!holder.email.empty()) body.emplace_back("email", Json(holder.email));
  body.emplace_back("roles", MakeTexts(holder.roles));
  body.emplace_back("stamp", NumberJson(ticket.stamp));
  body.emplace_back("expiresAt", TimeJson(now_micros + lifetime_s * kMicros));
  call::Call call = CallOn(service, service.ticket, model::OperationKind::kReplace);
  call.id = types::FormatUuid(ticket.id);
  call.body = ToJson(std::move(body));
  return call;
}

}  // namespace ashlar::identity
