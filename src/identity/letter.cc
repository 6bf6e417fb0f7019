// SPDX-License-Identifier: Apache-2.0
#include "identity/letter.h"

#include <algorithm>

#include "base/base64.h"
#include "base/utf8.h"
#include "types/datetime.h"

namespace ashlar::identity {
namespace {

constexpr size_t kMostTitle = 100;    // code points
constexpr size_t kMostAddress = 254;  // bytes, RFC 5321
constexpr size_t kMostLine = 998;     // bytes, RFC 5322
constexpr size_t kEncodedWord = 45;   // bytes of text in one: 75 characters at most, RFC 2047
constexpr size_t kMimeLine = 76;

bool IsControl(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// In one line, and not too long a one.
std::string OneLine(std::string_view text) {
  std::string line;
  size_t count = 0;
  for (size_t i = 0, size = 0; i < text.size() && count < kMostTitle; i += size, ++count) {
    size = std::max<size_t>(CodePointSize(text, i), 1);
    if (IsControl(text[i])) {
      line += ' ';
    } else {
      line += text.substr(i, size);
    }
  }
  return line;
}

// Whether an address may stand in a header and in a command of SMTP as it is.
bool IsAddress(std::string_view address) {
  if (address.empty() || address.size() > kMostAddress || !IsValidUtf8(address)) return false;
  if (std::ranges::count(address, '@') != 1 || address.front() == '@' || address.back() == '@') return false;
  return std::ranges::none_of(address,
                              [](char c) { return IsControl(c) || std::string_view(" <>,;:()[]\\\"").contains(c); });
}

// The text of a header's value: as it is, or as encoded words.
std::string Encoded(std::string_view text) {
  if (IsAscii(text)) return std::string(text);
  std::string out;
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size()) {
      size_t size = std::max<size_t>(CodePointSize(text, end), 1);
      if (end + size - i > kEncodedWord) break;
      end += size;
    }
    out += fmt::format("{}=?UTF-8?B?{}?=", out.empty() ? "" : "\r\n ", Base64Encode(text.substr(i, end - i)));
    i = end;
  }
  return out;
}

std::string DisplayName(std::string_view name) {
  if (!IsAscii(name)) return Encoded(name);
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

// RFC 5322: "Sun, 06 Nov 1994 08:49:37 +0000".
std::string DateOf(int64_t micros) {
  const int64_t days = micros / types::kMicrosPerDay;
  const int64_t seconds = micros % types::kMicrosPerDay / types::kMicrosPerSecond;
  std::string day = types::FormatHttpDate(types::Date{static_cast<int32_t>(days)});
  return fmt::format("{} {:02}:{:02}:{:02} +0000", day.substr(0, 16), seconds / 3600, seconds / 60 % 60, seconds % 60);
}

bool HasLongLine(std::string_view body) {
  for (size_t at = 0; at < body.size();) {
    size_t end = std::min(body.find('\n', at), body.size());
    if (end - at > kMostLine) return true;
    at = end + 1;
  }
  return false;
}

std::string WithCrLf(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

void AppendBody(const std::string& body, std::string& out) {
  out += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ";
  if (IsAscii(body) && !HasLongLine(body)) {
    out += "7bit\r\n\r\n" + WithCrLf(body);
    return;
  }
  out += "base64\r\n\r\n";
  const std::string text = Base64Encode(WithCrLf(body));
  for (size_t at = 0; at < text.size(); at += kMimeLine) out += text.substr(at, kMimeLine) + "\r\n";
}

std::string_view LinkOf(const model::Links& links, Purpose purpose) {
  switch (purpose) {
    case Purpose::kVerify:
    case Purpose::kChange: return links.verify;
    case Purpose::kReset: return links.reset;
    case Purpose::kInvite: return links.invite;
  }
  return "";
}

// "30 minutes", "24 hours", "7 days".
std::string Spoken(int64_t seconds) {
  if (seconds < 3600) return fmt::format("{} minutes", seconds / 60);
  if (seconds <= 86'400) return fmt::format("{} hours", seconds / 3600);
  return fmt::format("{} days", seconds / 86'400);
}

constexpr const char* kIgnore = "If that was not you, nothing needs to be done.";

}  // namespace

std::string LinkWith(const model::Links& links, Purpose purpose, std::string_view token) {
  constexpr std::string_view kToken = "{token}";
  std::string link(LinkOf(links, purpose));
  if (size_t at = link.find(kToken); at != std::string::npos) link.replace(at, kToken.size(), token);
  return link;
}

Result<Sender> ReadSender(std::string_view text) {
  Sender sender;
  const size_t open = text.find('<');
  if (open == std::string_view::npos) {
    sender.address = text;
  } else {
    std::string_view name = text.substr(0, open);
    while (name.ends_with(' ')) name.remove_suffix(1);
    std::string_view address = text.substr(open + 1);
    if (!address.ends_with('>')) return Fail(ErrorKind::kInvalid, "is neither ADDRESS nor NAME <ADDRESS>");
    sender.name = name;
    sender.address = address.substr(0, address.size() - 1);
  }
  const bool sound = IsAddress(sender.address) && IsValidUtf8(sender.name) &&
                     std::ranges::none_of(sender.name, IsControl) && OneLine(sender.name) == sender.name;
  if (!sound) return Fail(ErrorKind::kInvalid, "is neither ADDRESS nor NAME <ADDRESS>");
  return sender;
}

std::string TitleOf(const model::Service& service) {
  return OneLine(service.title.empty() ? service.name : service.title);
}

Letter WriteLetter(const model::Service& service, MailKind kind, std::string_view token) {
  const std::string title = TitleOf(service);
  const MailKindRow& row = RowOf(kind);
  const std::string link = row.purpose ? LinkWith(service.identity->links, *row.purpose, token) : "";
  const std::string good = fmt::format("The link is good once, for {}.", Spoken(row.lifetime_s));
  switch (kind) {
    case MailKind::kVerify:
      return {
          fmt::format("{}: is this your address?", title),
          fmt::format("Somebody made an account at {} with this address. If that was you, confirm it:\n\n{}\n\n{} If "
                      "that was not you, do not follow it.\n",
                      title, link, good)};
    case MailKind::kTaken:
      return {fmt::format("{}: you have an account already", title),
              fmt::format("Somebody wanted to use this address at {}, where it has an account already. If that was "
                          "you, sign in with it; a forgotten password can be replaced there. {}\n",
                          title, kIgnore)};
    case MailKind::kReset:
      return {fmt::format("{}: a new password", title),
              fmt::format("Somebody asked for a new password of your account at {}. Set it here:\n\n{}\n\n{} {}\n",
                          title, link, good, kIgnore)};
    case MailKind::kChange:
      return {fmt::format("{}: is this your new address?", title),
              fmt::format("Somebody wants to use this address for an account at {}. If that was you, confirm it:"
                          "\n\n{}\n\n{} If that was not you, do not follow it.\n",
                          title, link, good)};
    case MailKind::kInvite:
      return {fmt::format("{}: you are invited", title),
              fmt::format("You are invited to {}. Make your account here:\n\n{}\n\n{}\n", title, link, good)};
    case MailKind::kPasswordChanged:
      return {fmt::format("{}: your password was changed", title),
              fmt::format("The password of your account at {} was changed. If that was not you, ask for a new one at "
                          "once, and tell those who run the service.\n",
                          title)};
    case MailKind::kEmailChanged:
      return {fmt::format("{}: your address was changed", title),
              fmt::format("Your account at {} has another address now; this one is no longer used. If that was not "
                          "you, tell those who run the service at once.\n",
                          title)};
    case MailKind::kNothing: break;
  }
  return {};
}

Result<std::string> ComposeMail(const Sender& sender, std::string_view recipient, const Letter& letter,
                                std::string_view id, int64_t at_micros) {
  if (!IsAddress(sender.address) || !IsAddress(recipient)) {
    return Fail(ErrorKind::kInvalid, "an address cannot stand in a mail");
  }
  const std::string domain = sender.address.substr(sender.address.find('@') + 1);
  std::string out = fmt::format("Date: {}\r\nFrom: {} <{}>\r\nTo: <{}>\r\nSubject: {}\r\nMessage-ID: <{}@{}>\r\n",
                                DateOf(at_micros), DisplayName(OneLine(sender.name)), sender.address, recipient,
                                Encoded(OneLine(letter.subject)), id, domain);
  out += "Auto-Submitted: auto-generated\r\n";  // RFC 3834: nobody's machine answers
  AppendBody(letter.body, out);
  return out;
}

}  // namespace ashlar::identity
