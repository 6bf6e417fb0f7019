// SPDX-License-Identifier: Apache-2.0
// `user invite`: an account that is made by whoever has its link.
#include "app/operator/users.h"
#include "base/utf8.h"
#include "identity/letter.h"
#include "identity/mail.h"

namespace ashlar::app {

OperatorAnswer InviteUser(const Runtime& runtime, const json::Json& request, Observer& observer) {
  const model::Service& service = *runtime.service;
  if (!service.identity || service.identity->links.invite.empty()) {
    return Wrong("the contract names no page of invitations: give 'invite' in 'links' of 'identity'");
  }
  const bool sends = !TextOf(request, "send").empty();
  if (sends && runtime.mails == nullptr) {
    return Wrong("--send: no server that sends mails serves this store; without --send the link is printed");
  }
  const model::Resource& user = service.resource(service.user);
  auto read = user.field(user.FindField("email")).type->Parse(json::Json(FoldCase(TextOf(request, "who"))));
  if (!read) return Wrong(fmt::format("EMAIL: {}", read.error().front().message));
  const std::string email = *read->get<std::string>();
  auto taken = FindUsers(runtime, email, observer);
  if (!taken) return Refused(taken.error());
  if (!taken->empty()) return Wrong(fmt::format("{} has an account", email));
  const std::string key = identity::TicketKey(runtime.keys->refresh());
  const identity::Ticket ticket = identity::NewTicket(key, identity::Purpose::kInvite, email);
  const int64_t now = SystemClock().NowMicros(), lifetime_s = RowOf(identity::MailKind::kInvite).lifetime_s;
  std::vector<call::Call> calls{
      identity::IssueCall(service, ticket, {"", email, TextsOf(request, "add")}, now, lifetime_s)};
  if (sends) calls.push_back(identity::QueueCall(service, {identity::MailKind::kInvite, email, ticket}, now));
  if (auto refused = RunTogether(runtime, calls, observer)) return Refused(*refused);
  if (!sends) {
    return {0, identity::LinkWith(service.identity->links, ticket.purpose, identity::WriteTicket(key, ticket)) + "\n",
            ""};
  }
  runtime.mails->Added();
  return {0, "", ""};
}

}  // namespace ashlar::app
