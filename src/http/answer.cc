// SPDX-License-Identifier: Apache-2.0
#include "http/answer.h"

#include <charconv>

namespace ashlar::http {
namespace {

// What says where an answer ends, and when it was made: two of them could be taken differently.
bool IsServersOwn(std::string_view name) {
  switch (name.size()) {
    case 4: return EqualIgnoringCase(name, "Date");
    case 7: return EqualIgnoringCase(name, "Trailer") || EqualIgnoringCase(name, "Upgrade");
    case 10: return EqualIgnoringCase(name, "Connection") || EqualIgnoringCase(name, "Keep-Alive");
    case 14: return EqualIgnoringCase(name, "Content-Length");
    case 17: return EqualIgnoringCase(name, "Transfer-Encoding");
    default: return false;
  }
}

void AppendNumber(uint64_t number, std::string& out) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

}  // namespace

std::string FormatDate(int64_t unix_seconds) {
  using namespace std::chrono;
  constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  sys_seconds time{seconds(unix_seconds)};
  sys_days day = floor<days>(time);
  year_month_day date{day};
  hh_mm_ss clock{time - day};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays.substr(3 * weekday(day).c_encoding(), 3),
                     static_cast<unsigned>(date.day()),
                     kMonths.substr(3 * (static_cast<unsigned>(date.month()) - 1), 3), static_cast<int>(date.year()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

bool HasBody(int status) { return status != 204 && status != 304; }

std::string_view WhyNotSent(const Response& response) {
  if (response.status < 200 || response.status > 599) return "the answer's status is none";
  for (const Header& header : response.headers) {
    if (!IsToken(header.name)) return "the answer has a header whose name is none";
    if (!IsFieldValue(header.value)) return "the answer has a header with a control character";
    if (IsServersOwn(header.name)) return "the answer has a header that is the server's own";
  }
  return {};
}

void AppendAnswer(const Response& response, const Framing& framing, std::string_view date, std::string& out) {
  bool has_body = HasBody(response.status);
  out += "HTTP/1.1 ";
  AppendNumber(static_cast<uint64_t>(response.status), out);
  out += ' ';
  out += ReasonOf(response.status);
  out += "\r\nDate: ";
  out += date;
  for (const Header& header : response.headers) {
    out += "\r\n";
    out += header.name;
    out += ": ";
    out += header.value;
  }
  if (response.shared != nullptr) out += response.shared->text();
  if (has_body) {
    out += "\r\nContent-Length: ";
    AppendNumber(response.body.size(), out);
  }
  if (framing.close) {
    out += "\r\nConnection: close";
  } else if (framing.minor_version == 0) {
    out += "\r\nConnection: keep-alive";
  }
  out += "\r\n\r\n";
  if (has_body && !framing.without_body) out += response.body;
}

}  // namespace ashlar::http
