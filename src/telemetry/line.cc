// SPDX-License-Identifier: Apache-2.0
// What an observation looks like as a line of the log.
#include <chrono>

#include "base/hex.h"
#include "base/json/writer.h"
#include "base/utf8.h"
#include "telemetry/log.h"

namespace ashlar::telemetry {
namespace {

std::string TimeText(int64_t micros) {
  using std::chrono::sys_days;
  std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds(micros)};
  sys_days day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
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
    out.String(Valid(text));
  }
}

template <size_t N>
std::string Hex(const std::array<uint8_t, N>& bytes) {
  return HexEncode({reinterpret_cast<const char*>(bytes.data()), N});
}

void WriteJson(json::Writer& out, const RequestDone& request) {
  out.Field("event", "request");
  OrNull(out, "requestId", request.request_id);
  if (request.trace.begun()) {  // under the names by which collectors join logs to traces
    out.Field("trace_id", Hex(request.trace.trace_id));
    out.Field("span_id", Hex(request.trace.span_id));
  }
  OrNull(out, "method", request.method);
  OrNull(out, "route", request.route);
  OrNull(out, "operation", request.operation);
  out.Field("status", request.status);
  OrNull(out, "errorCode", request.error_code);
  OrNull(out, "callerId", request.caller_id);
  out.Field("durationUs", request.total_us);
  out.Key("stages");
  out.BeginObject();
  out.Field("authUs", request.auth_us);
  out.Field("decodeUs", request.decode_us);
  out.Field("planUs", request.plan_us);
  out.Field("queueUs", request.queue_us);
  out.Field("storeUs", request.store_us);
  out.Field("encodeUs", request.encode_us);
  out.EndObject();
  out.Field("statements", request.statements);
  out.Field("bytes", request.bytes_out);
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

std::string TextOf(const Defect& defect) {
  return fmt::format("defect in {}: {} {}", Plain(defect.where), Plain(defect.what), Plain(defect.request_id));
}

std::string TextOf(const Note& note) { return fmt::format("{} {}", Plain(note.event), Plain(note.message)); }

}  // namespace

std::string FormatLine(const Observation& observation, int64_t now_micros, Format format, bool colour) {
  std::string_view level = LevelOf(observation);
  std::string time = TimeText(now_micros);
  if (format == Format::kText) {
    std::string text = std::visit([](const auto& one) { return TextOf(one); }, observation);
    const char* paint = !colour ? "" : level == "error" ? "\x1b[31m" : level == "warning" ? "\x1b[33m" : "";
    const char* end = *paint == '\0' ? "" : "\x1b[0m";
    return fmt::format("{} {}{:<7}{} {}\n", time.substr(11, 12), paint, level, end, text);
  }
  std::string line;
  json::Writer out(line);
  out.BeginObject();
  out.Field("time", time);
  out.Field("level", level);
  std::visit([&](const auto& one) { WriteJson(out, one); }, observation);
  out.EndObject();
  return WithoutControls(std::move(line)) + "\n";
}

}  // namespace ashlar::telemetry
