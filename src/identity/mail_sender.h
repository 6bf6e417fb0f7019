// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"

namespace ashlar::identity {

// A mail, ready to go.
struct Outgoing {
  std::string id;  // a uuid
  std::string from, to;  // addresses
  std::string text;  // as ComposeMail gives it
};

// What came of a mail.
struct Delivery {
  enum class What : uint8_t {
    kSent,         // the server has taken it
    kRefused,      // the server does not take this one: another may do better
    kUnreachable,  // there is nobody who takes any
  };
  What what = What::kSent;
  std::string why;  // for the log: no address, no text of the mail
};

// Sends mails, one after the other. One thread's.
class MailSender {
 public:
  virtual ~MailSender() = default;
  // Waits for it, for half a minute at most; less once a stop is requested.
  virtual Delivery Send(const Outgoing& mail, const std::stop_token& stop) = 0;
};

// Where mails go.
struct MailServer {
  std::string url;  // smtp://[USER:PASSWORD@]HOST[:PORT], smtps://..., file:FOLDER. Secret where it holds a password.
  std::string ca;  // a PEM file of whom the server's certificate must be; empty: as the system says
};
// kInvalid says what is wrong with it, without repeating it. A folder is made where there is none.
Result<std::unique_ptr<MailSender>> OpenMailSender(const MailServer& server);

Result<std::unique_ptr<MailSender>> OpenSmtpSender(const MailServer& server);  // smtp_sender.cc
Result<std::unique_ptr<MailSender>> OpenFileSender(const std::string& folder);  // file_sender.cc

}  // namespace ashlar::identity
