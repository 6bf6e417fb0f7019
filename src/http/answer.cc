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

// Writes parts one behind the other, into room that is there.
class Parts {
 public:
  static constexpr size_t kNumberBytes = 20;

  explicit Parts(char* at) : at_(at) {}
  char* end() const { return at_; }
  Parts& Put(std::string_view text) {
    at_ += text.copy(at_, text.size());
    return *this;
  }
  Parts& Put(uint64_t number) {
    at_ = std::to_chars(at_, at_ + kNumberBytes, number).ptr;
    return *this;
  }

 private:
  char* at_;
};

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
  constexpr size_t kFixedBytes = 160;  // of the first line but its reason, of names and numbers, and of Connection
  const bool has_body = HasBody(response.status);
  const std::string_view reason = ReasonOf(response.status);
  const std::string_view shared = response.shared == nullptr ? std::string_view() : response.shared->text();
  const std::string_view body = has_body && !framing.without_body ? response.body : std::string_view();
  size_t bytes = kFixedBytes + reason.size() + date.size() + shared.size() + body.size();
  for (const Header& header : response.headers) bytes += header.name.size() + header.value.size() + 4;
  const size_t before = out.size();
  out.resize_and_overwrite(before + bytes, [&](char* begin, size_t) {
    Parts parts(begin + before);
    parts.Put("HTTP/1.1 ").Put(static_cast<uint64_t>(response.status)).Put(" ").Put(reason).Put("\r\nDate: ").Put(date);
    for (const Header& header : response.headers) parts.Put("\r\n").Put(header.name).Put(": ").Put(header.value);
    parts.Put(shared);
    if (has_body) parts.Put("\r\nContent-Length: ").Put(response.body.size());
    if (framing.close) {
      parts.Put("\r\nConnection: close");
    } else if (framing.minor_version == 0) {
      parts.Put("\r\nConnection: keep-alive");
    }
    parts.Put("\r\n\r\n").Put(body);
    return static_cast<size_t>(parts.end() - begin);
  });
}

}  // namespace ashlar::http
