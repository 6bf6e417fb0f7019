// SPDX-License-Identifier: Apache-2.0
// What an observation looks like as a line of the log.
#include <charconv>
#include <chrono>
#include <cstring>

#include "base/hex.h"
#include "base/json/writer.h"
#include "base/utf8.h"
#include "telemetry/log.h"

namespace ashlar::telemetry {
namespace {

// "2024-02-29T12:30:05.000042Z". The second is that of the line before, mostly.
const std::string& TimeText(int64_t micros) {
  constexpr int64_t kSecond = 1'000'000;
  constexpr size_t kFraction = 20;
  thread_local int64_t known = INT64_MIN;
  thread_local std::string text;
  int64_t fraction = ((micros % kSecond) + kSecond) % kSecond;
  if (int64_t second = (micros - fraction) / kSecond; second != known || text.empty()) {
    std::chrono::sys_seconds time{std::chrono::seconds(second)};
    std::chrono::sys_days day = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day date(day);
    std::chrono::hh_mm_ss clock(time - day);
    text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.000000Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
    known = second;
  }
  for (size_t at = kFraction + 6; at-- > kFraction; fraction /= 10) text[at] = static_cast<char>('0' + fraction % 10);
  return text;
}

std::string_view LevelOf(const Observation& observation) {
  if (const auto* note = std::get_if<Note>(&observation)) {
    if (note->severity == Severity::kInfo) return "info";
    return note->severity == Severity::kWarning ? "warning" : "error";
  }
  if (const auto* request = std::get_if<RequestDone>(&observation)) return request->status >= 500 ? "error" : "info";
  if (const auto* command = std::get_if<OperatorDone>(&observation)) {
    return command->outcome == "failed" ? "error" : "info";
  }
  if (const auto* event = std::get_if<SecurityEvent>(&observation)) return event->warns ? "warning" : "info";
  return "error";
}

// The text as UTF-8, whatever a library or the system put into it.
std::string Valid(std::string_view text) {
  std::string valid;
  for (size_t at = 0; at < text.size();) {
    size_t size = CodePointSize(text, at);
    valid += size == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(at, size);
    at += std::max<size_t>(size, 1);
  }
  return valid;
}

// The text as a terminal may have it: C0 and C1 controls written out.
std::string Plain(std::string_view text) {
  std::string valid = Valid(text);
  std::string plain;
  for (size_t at = 0; at < valid.size();) {
    size_t size = CodePointSize(valid, at);
    char32_t point = CodePointAt(valid, at);
    if (point < 0x20 || (point >= 0x7f && point < 0xa0)) {
      plain += fmt::format("\\x{:02x}", static_cast<uint32_t>(point));
    } else {
      plain += std::string_view(valid).substr(at, size);
    }
    at += size;
  }
  return plain;
}

// A line of JSON with DEL and the C1 controls written out, which JSON itself would let stand in its strings: a terminal
// may take U+009B for the beginning of a command.
std::string WithoutControls(std::string line) {
  if (!line.contains('\x7f') && !line.contains('\xc2')) return line;  // by far the most, and soon seen
  for (size_t at = 0; (at = line.find_first_of("\x7f\xc2", at)) != std::string::npos; ++at) {
    bool is_delete = line[at] == '\x7f';
    auto code = static_cast<unsigned char>(is_delete ? line[at] : line[at + 1]);
    if (is_delete || code < 0xa0) line.replace(at, is_delete ? 1 : 2, fmt::format("\\u{:04x}", code));
  }
  return line;
}

void OrNull(json::Writer& out, std::string_view key, std::string_view text) {
  out.Key(key);
  if (text.empty()) {
    out.Null();
  } else {
    IsPlainAscii(text) ? out.String(text) : out.String(Valid(text));
  }
}

// Writes the line that stands for every request, whose names are written already, into room that is there.
class Members {
 public:
  static constexpr size_t kFixedBytes = 720;  // of time and level, names, numbers of 20 digits and marks

  explicit Members(char* at) : at_(at) {}
  char* end() const { return at_; }

  template <size_t N>
  Members& Text(const char (&name)[N], std::string_view text) {
    Put(name);
    if (text.empty()) return Put("null");
    *at_++ = '"';
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    *at_++ = '"';
    return *this;
  }
  template <size_t N>
  Members& Number(const char (&name)[N], int64_t number) {
    Put(name);
    if (number >= 0 && number < 10) {  // as the most are
      *at_++ = static_cast<char>('0' + number);
    } else {
      at_ = std::to_chars(at_, at_ + 20, number).ptr;
    }
    return *this;
  }
  template <size_t N, size_t Bytes>
  Members& Hex(const char (&name)[N], const std::array<uint8_t, Bytes>& bytes) {
    Put(name);
    *at_++ = '"';
    for (uint8_t byte : bytes) {
      std::memcpy(at_, HexPair(byte), 2);
      at_ += 2;
    }
    *at_++ = '"';
    return *this;
  }
  template <size_t N>
  Members& Put(const char (&text)[N]) {
    std::memcpy(at_, text, N - 1);
    at_ += N - 1;
    return *this;
  }

 private:
  char* at_;
};

constexpr size_t kRequestTexts = 6;
using RequestTexts = std::array<std::string_view, kRequestTexts>;

// The line of texts that may stand in it as they are.
std::string RequestLine(const RequestDone& request, const RequestTexts& texts, std::string_view time,
                        std::string_view level) {
  const auto& [request_id, method, route, operation, error_code, caller_id] = texts;
  size_t bytes = Members::kFixedBytes;
  for (std::string_view text : texts) bytes += text.size();
  std::string line;
  line.resize_and_overwrite(bytes, [&](char* at, size_t) {
    Members members(at);
    members.Text(R"({"time":)", time).Text(R"(,"level":)", level);
    members.Text(R"(,"event":"request","requestId":)", request_id);
    if (request.trace.begun()) {  // under the names by which collectors join logs to traces
      members.Hex(R"(,"trace_id":)", request.trace.trace_id).Hex(R"(,"span_id":)", request.trace.span_id);
    }
    members.Text(R"(,"method":)", method)
        .Text(R"(,"route":)", route)
        .Text(R"(,"operation":)", operation)
        .Number(R"(,"status":)", request.status)
        .Text(R"(,"errorCode":)", error_code)
        .Text(R"(,"callerId":)", caller_id)
        .Number(R"(,"durationUs":)", request.total_us)
        .Number(R"(,"stages":{"authUs":)", request.auth_us)
        .Number(R"(,"decodeUs":)", request.decode_us)
        .Number(R"(,"planUs":)", request.plan_us)
        .Number(R"(,"queueUs":)", request.queue_us)
        .Number(R"(,"storeUs":)", request.store_us)
        .Number(R"(,"encodeUs":)", request.encode_us)
        .Number(R"(},"statements":)", request.statements)
        .Number(R"(,"bytes":)", request.bytes_out)
        .Put("}\n");
    return static_cast<size_t>(members.end() - at);
  });
  return line;
}

std::string RequestLine(const RequestDone& request, std::string_view time, std::string_view level) {
  RequestTexts texts = {request.request_id, request.method,     request.route,
                        request.operation,  request.error_code, request.caller_id};
  if (std::all_of(texts.begin(), texts.end(), IsPlainAscii)) return RequestLine(request, texts, time, level);
  std::array<std::string, kRequestTexts> kept;
  for (size_t i = 0; i < texts.size(); ++i) {
    json::AppendQuoted(Valid(texts[i]), kept[i]);
    texts[i] = std::string_view(kept[i]).substr(1, kept[i].size() - 2);
  }
  return WithoutControls(RequestLine(request, texts, time, level));
}

void WriteJson(json::Writer& out, const OperatorDone& command) {
  out.Field("event", "operator");
  OrNull(out, "requestId", command.request_id);
  OrNull(out, "command", command.command);
  OrNull(out, "outcome", command.outcome);
  out.Field("rows", static_cast<int64_t>(command.counts.rows));
  out.Field("mistakes", static_cast<int64_t>(command.counts.mistakes));
  out.Field("durationUs", command.total_us);
}

void WriteJson(json::Writer& out, const SecurityEvent& event) {
  out.Field("event", event.name);
  OrNull(out, "requestId", event.request_id);
  OrNull(out, "userId", event.user_id);
  OrNull(out, "subject", event.subject);
  OrNull(out, "address", event.address);
  OrNull(out, "agent", event.agent);
  out.Field("byOperator", event.by_operator);
}

void WriteJson(json::Writer& out, const Defect& defect) {
  out.Field("event", "defect");
  OrNull(out, "requestId", defect.request_id);
  OrNull(out, "where", defect.where);
  OrNull(out, "message", defect.what);
}

// "server.started" and "admin.started" tell their addresses under that name, for those who read it by machine.
void WriteJson(json::Writer& out, const Note& note) {
  out.Field("event", note.event);
  OrNull(out, note.event.ends_with(".started") ? "address" : "message", note.message);
}

std::string TextOf(const RequestDone& request) {
  std::string text = fmt::format("{} {:<6} {} {}us {} statement{} {}", request.status, Plain(request.method),
                                 request.route.empty() ? "-" : Plain(request.route), request.total_us,
                                 request.statements, request.statements == 1 ? "" : "s", Plain(request.request_id));
  if (!request.caller_id.empty()) text += " by " + Plain(request.caller_id);
  if (!request.error_code.empty()) text += " " + Plain(request.error_code);
  return text;
}

std::string TextOf(const OperatorDone& command) {
  return fmt::format("operator {} {} {}us {} rows {} mistakes {}", Plain(command.command), command.outcome,
                     command.total_us, command.counts.rows, command.counts.mistakes, Plain(command.request_id));
}

std::string TextOf(const SecurityEvent& event) {
  std::string text(event.name);
  for (std::string_view part : {event.user_id, event.subject, event.address, event.agent, event.request_id}) {
    if (!part.empty()) text += " " + Plain(part);
  }
  return text;
}

std::string TextOf(const Defect& defect) {
  return fmt::format("defect in {}: {} {}", Plain(defect.where), Plain(defect.what), Plain(defect.request_id));
}

std::string TextOf(const Note& note) { return fmt::format("{} {}", Plain(note.event), Plain(note.message)); }

}  // namespace

std::string FormatLine(const Observation& observation, int64_t now_micros, Format format, bool colour) {
  std::string_view level = LevelOf(observation);
  const std::string& time = TimeText(now_micros);
  if (format == Format::kText) {
    std::string text = std::visit([](const auto& one) { return TextOf(one); }, observation);
    const char* paint = !colour ? "" : level == "error" ? "\x1b[31m" : level == "warning" ? "\x1b[33m" : "";
    const char* end = *paint == '\0' ? "" : "\x1b[0m";
    return fmt::format("{} {}{:<7}{} {}\n", time.substr(11, 12), paint, level, end, text);
  }
  if (const auto* request = std::get_if<RequestDone>(&observation)) return RequestLine(*request, time, level);
  std::string line;
  json::Writer out(line);
  out.BeginObject();
  out.Field("time", time);
  out.Field("level", level);
  if (const auto* command = std::get_if<OperatorDone>(&observation)) WriteJson(out, *command);
  if (const auto* event = std::get_if<SecurityEvent>(&observation)) WriteJson(out, *event);
  if (const auto* defect = std::get_if<Defect>(&observation)) WriteJson(out, *defect);
  if (const auto* note = std::get_if<Note>(&observation)) WriteJson(out, *note);
  out.EndObject();
  line = WithoutControls(std::move(line));
  line += '\n';
  return line;
}

}  // namespace ashlar::telemetry
