// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "identity/mail.h"

namespace ashlar::identity {

// Who a mail is from.
struct Sender {
  std::string name;     // UTF-8; empty: the service's title
  std::string address;
};
// "Shop <post@shop.example>" or "post@shop.example". kInvalid: it is neither.
Result<Sender> ReadSender(std::string_view text);

// A mail as its recipient reads it: plain text, UTF-8, lines ended by \n.
struct Letter {
  std::string subject;
  std::string body;
};
// The service as mails name it.
std::string TitleOf(const model::Service& service);
// The page that a mail of this purpose leads to. Secret, as the token is.
std::string LinkWith(const model::Links& links, Purpose purpose, std::string_view token);
// REQUIRES: the kind is sent; `token` is that of its ticket, where it has one. Nothing that a stranger wrote stands in
// it.
Letter WriteLetter(const model::Service& service, MailKind kind, std::string_view token);

// What is handed to a mail server (RFC 5322, 2045, 2047; lines ended by CRLF). `id` names the mail: each time that it
// is sent it has the same Message-ID. kInvalid: an address could not stand in a header.
Result<std::string> ComposeMail(const Sender& sender, std::string_view recipient, const Letter& letter,
                                std::string_view id, int64_t at_micros);

}  // namespace ashlar::identity
