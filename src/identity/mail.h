// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "call/call.h"
#include "identity/ticket.h"
#include "model/service.h"

namespace ashlar::identity {

// What mails there are.
enum class MailKind : uint8_t {
  kNothing,          // nothing is sent: what stands in the queue for somebody who is not there
  kVerify,           // to a new account: prove the address
  kTaken,            // somebody wanted an account with an address that has one
  kReset,            // set another password
  kChange,           // prove the address that an account shall have
  kInvite,           // make an account
  kPasswordChanged,  // notices to the owner
  kEmailChanged,
};
struct MailKindRow {
  MailKind kind;
  std::string_view name;            // as rows have it
  std::optional<Purpose> purpose;   // what whoever has it may do once
  int64_t lifetime_s;               // for how long, and how long it is tried to be sent
};
std::span<const MailKindRow> MailKinds();
const MailKindRow& RowOf(MailKind kind);
// Nothing: another build's.
std::optional<MailKind> FindMailKind(std::string_view name);

// A mail that is to be sent: a row of the system's AuthMail, written in the transaction of what it is about. Holds
// nothing that opens anything: the token is computed when it is sent.
struct Mail {
  MailKind kind = MailKind::kNothing;
  std::string recipient;  // empty for nothing
  Ticket ticket;          // where the kind has a purpose
};

// The calls that write such rows, for whoever runs them as the operator.
call::Call CallOn(const model::Service& service, model::ResourceId resource, model::OperationKind kind);
call::Call QueueCall(const model::Service& service, const Mail& mail, int64_t now_micros);

// Whom a ticket is for: a User, or, for an invitation, an address and the roles that its User will have.
struct TicketHolder {
  std::string user;
  std::string email;
  std::vector<std::string> roles;
};
// Gives it out, in the place of the one before. It ends at once where `lifetime_s` is 0.
call::Call IssueCall(const model::Service& service, const Ticket& ticket, const TicketHolder& holder,
                     int64_t now_micros, int64_t lifetime_s);

}  // namespace ashlar::identity
