// SPDX-License-Identifier: Apache-2.0
#include "telemetry/log.h"

#include <unistd.h>

#include <ctime>

#include "base/json/writer.h"

namespace ashlar::telemetry {
namespace {

std::string TimeText(int64_t micros) {
  std::time_t seconds = micros / 1'000'000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  return fmt::format("{}.{:06}Z", text, micros % 1'000'000);
}

std::string_view LevelOf(const Observation& observation) {
  if (const auto* note = std::get_if<Note>(&observation)) {
    if (note->severity == Severity::kInfo) return "info";
    return note->severity == Severity::kWarning ? "warning" : "error";
  }
  if (const auto* request = std::get_if<RequestDone>(&observation)) return request->status >= 500 ? "error" : "info";
  return "error";
}

void OrNull(json::Writer& out, std::string_view key, const std::string& text) {
  out.Key(key);
  if (text.empty()) {
    out.Null();
  } else {
    out.String(text);
  }
}

void WriteJson(json::Writer& out, const RequestDone& request) {
  out.Field("event", "request");
  out.Field("requestId", request.request_id);
  out.Field("method", request.method);
  OrNull(out, "route", request.route);
  OrNull(out, "operation", request.operation);
  out.Field("status", request.status);
  OrNull(out, "errorCode", request.error_code);
  OrNull(out, "callerId", request.caller_id);
  out.Field("durationUs", request.total_us);
  out.Key("stages");
  out.BeginObject();
  out.Field("decodeUs", request.decode_us);
  out.Field("planUs", request.plan_us);
  out.Field("storeUs", request.store_us);
  out.Field("encodeUs", request.encode_us);
  out.EndObject();
  out.Field("statements", request.statements);
  out.Field("bytes", request.bytes_out);
}

void WriteJson(json::Writer& out, const Defect& defect) {
  out.Field("event", "defect");
  OrNull(out, "requestId", defect.request_id);
  out.Field("where", defect.where);
  out.Field("message", defect.what);
}

// "server.started" tells its address beside the message, for those who read it by machine.
void WriteJson(json::Writer& out, const Note& note) {
  out.Field("event", note.event);
  if (note.event == "server.started") {
    out.Field("address", note.message);
  } else {
    out.Field("message", note.message);
  }
}

std::string Plain(std::string_view text) {
  std::string plain;
  for (char c : text) plain += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return plain;
}

std::string TextOf(const Observation& observation) {
  if (const auto* request = std::get_if<RequestDone>(&observation)) {
    return fmt::format("{} {:<6} {} {}us {} statements {}{}{}", request->status, Plain(request->method),
                       request->route.empty() ? "-" : request->route, request->total_us, request->statements,
                       request->request_id, request->caller_id.empty() ? "" : " by " + request->caller_id,
                       request->error_code.empty() ? "" : " " + request->error_code);
  }
  if (const auto* defect = std::get_if<Defect>(&observation)) {
    return fmt::format("defect in {}: {} {}", defect->where, Plain(defect->what), defect->request_id);
  }
  const auto& note = std::get<Note>(observation);
  return fmt::format("{} {}", note.event, Plain(note.message));
}

}  // namespace

std::string FormatLine(const Observation& observation, int64_t now_micros, Format format, bool colour) {
  std::string_view level = LevelOf(observation);
  std::string line;
  if (format == Format::kText) {
    const char* paint = !colour ? "" : level == "error" ? "\x1b[31m" : level == "warning" ? "\x1b[33m" : "";
    const char* end = *paint == '\0' ? "" : "\x1b[0m";
    return fmt::format("{} {}{:<7}{} {}\n", TimeText(now_micros).substr(11, 12), paint, level, end, TextOf(observation));
  }
  json::Writer out(line);
  out.BeginObject();
  out.Field("time", TimeText(now_micros));
  out.Field("level", level);
  std::visit([&](const auto& one) { WriteJson(out, one); }, observation);
  out.EndObject();
  return line + "\n";
}

LogWriter::LogWriter(int fd, Format format, bool colour, const Clock& clock)
    : fd_(fd), format_(format), colour_(colour), clock_(clock) {
  thread_ = std::thread([this] { Loop(); });
}

LogWriter::~LogWriter() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  some_.notify_one();
  thread_.join();
}

void LogWriter::Observe(const Observation& observation) {
  std::string line = FormatLine(observation, clock_.NowMicros(), format_, colour_);
  {
    std::lock_guard lock(mutex_);
    if (lines_.size() >= kQueueLimit) {
      ++dropped_;
      return;
    }
    if (dropped_ > 0) {
      Note note{Severity::kWarning, "log.dropped", fmt::format("{} lines were dropped", std::exchange(dropped_, 0))};
      lines_.push_back(FormatLine(note, clock_.NowMicros(), format_, colour_));
    }
    lines_.push_back(std::move(line));
  }
  some_.notify_one();
}

void LogWriter::Loop() {
  std::string batch;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      some_.wait(lock, [this] { return closed_ || !lines_.empty(); });
      if (lines_.empty()) return;
      for (const std::string& line : lines_) batch += line;
      lines_.clear();
    }
    for (size_t at = 0; at < batch.size();) {
      ssize_t size = write(fd_, batch.data() + at, batch.size() - at);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) break;  // nobody reads it: there is no other place to say so
      at += static_cast<size_t>(size);
    }
    batch.clear();
  }
}

Format FormatFor(int fd) { return isatty(fd) != 0 ? Format::kText : Format::kJson; }

bool ColourFor(int fd) {
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(fd) != 0 && (no_color == nullptr || *no_color == '\0');
}

}  // namespace ashlar::telemetry
