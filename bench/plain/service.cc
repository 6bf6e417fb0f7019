// SPDX-License-Identifier: Apache-2.0
#include "service.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/post.hpp>

namespace ashlar::bench {
namespace {

constexpr std::string_view kItems = "/v1/items";
constexpr std::string_view kLive = "{\"status\":\"ok\"}";
constexpr size_t kLogBytes = 64 << 10;
constexpr size_t kHead = 512;

RequestId NewRequest(int64_t now) {
  RequestId request;
  PutUuid(request.data(), NewUuid(now).data());
  return request;
}

std::string_view TextOf(const RequestId& request) { return {request.data(), request.size()}; }

// The query's parameter, which no work encodes.
std::string_view Parameter(std::string_view query, std::string_view name) {
  for (size_t at = 0; at < query.size();) {
    size_t end = std::min(query.find('&', at), query.size());
    std::string_view pair = query.substr(at, end - at);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
    at = end + 1;
  }
  return {};
}

}  // namespace

Service::Service(const Options& options, boost::asio::io_context& context)
    : reader_(options.store), writer_(options.store, options.group, [this, &context](std::vector<Job> jobs) {
        boost::asio::post(context, [this, done = std::move(jobs)]() mutable { Finish(std::move(done)); });
      }) {
  callers_.emplace("Bearer " + options.token, Caller{options.caller, options.expires});
  if (options.log.empty()) return;
  log_ = open(options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_ < 0) Fatal("cannot write " + options.log);
}

Service::~Service() {
  WriteLog();
  if (log_ >= 0) close(log_);
}

const Service::Caller* Service::Authenticate(std::string_view authorization, int64_t now) const {
  auto found = callers_.find(authorization);
  if (found == callers_.end() || now >= found->second.expires * 1'000'000) return nullptr;
  return &found->second;
}

bool Service::Handle(const Request& request, Connection& connection, Buffer& out) {
  int64_t now = NowMicros();
  Known known{request.method, {}, {}, NewRequest(now), {}, now};
  body_.clear();
  if (request.target == "/health/live") {
    known.route = request.target;
    body_.Add(kLive);
    Answer("200 OK", known, 0, out);
    return true;
  }
  const Caller* caller = Authenticate(request.authorization, known.begun);
  if (caller == nullptr) {
    Refuse("401 Unauthorized", known, out);
    return true;
  }
  known.caller = caller->id;
  if (request.method == "POST" && request.target == "/v1/entries") return Create(request, known, connection, out);
  Read(request, known, out);
  return true;
}

void Service::Read(const Request& request, Known& known, Buffer& out) {
  std::string_view target = request.target;
  if (request.method != "GET" || !target.starts_with(kItems) || target.size() < kItems.size() + 2) {
    return Refuse("404 Not Found", known, out);
  }
  reader_.Begin(writer_.commits());
  if (target[kItems.size()] == '/') return GetItem(request, known, out);
  ListItems(target.substr(kItems.size() + 1), known, out);
}

void Service::GetItem(const Request& request, Known& known, Buffer& out) {
  known.route = "/v1/items/{id}";
  known.operation = "getItem";
  std::optional<Uuid> id = ReadUuid(request.target.substr(kItems.size() + 1));
  int64_t version = 0;
  body_.Add("{\"data\":");
  if (!id || !reader_.Item(*id, known.caller, body_, version)) return Refuse("404 Not Found", known, out);
  if (!request.if_none_match.empty()) {
    std::string tag = "\"" + std::to_string(version) + "\"";
    if (request.if_none_match == tag) return Refuse("304 Not Modified", known, out);
  }
  PutMeta(known);
  body_.Add("}}");
  Answer("200 OK", known, version, out);
}

void Service::ListItems(std::string_view query, Known& known, Buffer& out) {
  known.route = kItems;
  known.operation = "listItems";
  body_.Add("{\"data\":[");
  if (std::optional<Uuid> maker = ReadUuid(Parameter(query, "makerId"))) {
    reader_.ItemsOf(*maker, known.caller, body_);
    return EndList(known, out);
  }
  std::optional<int64_t> since = ReadTime(Parameter(query, "releasedAt[gte]"));
  std::string_view status = Parameter(query, "status");
  if (!since || status.empty() || Parameter(query, "include") != "maker.country") {
    return Refuse("400 Bad Request", known, out);
  }
  reader_.ItemsSince(status, *since, known.caller, body_);
  EndList(known, out);
}

void Service::EndList(const Known& known, Buffer& out) {
  body_.Add("]");
  PutMeta(known);
  body_.Add(",\"page\":1,\"perPage\":20}}");
  Answer("200 OK", known, 0, out);
}

// False: the writer will answer.
bool Service::Create(const Request& request, Known& known, Connection& connection, Buffer& out) {
  known.route = request.target;
  known.operation = "createEntry";
  Job job;
  if (!ReadEntry(request.body, job.entry)) {
    Refuse("422 Unprocessable Content", known, out);
    return true;
  }
  job.connection = &connection;
  job.begun = known.begun;
  job.entry.request = known.request;
  job.entry.now = known.begun;
  job.entry.id = NewUuid(known.begun);
  job.entry.owner = known.caller;
  WriteEntry(job.entry);
  writer_.Add(std::move(job));
  return false;
}

void Service::Finish(std::vector<Job> jobs) {
  for (Job& job : jobs) {
    const Entry& entry = job.entry;
    Known known{"POST", "/v1/entries", "createEntry", entry.request, entry.owner, job.begun};
    Buffer& out = job.connection->out();
    body_.clear();
    if (job.stored) {
      body_.Add("{\"data\":");
      body_.Add(entry.json);
      PutMeta(known);
      body_.Add("}}");
      char id[kUuidText];
      PutUuid(id, entry.id.data());
      std::string status = "201 Created\r\nLocation: /v1/entries/" + std::string(id, sizeof id);
      Answer(status, known, 1, out);
    } else {
      Refuse("422 Unprocessable Content", known, out);
    }
    job.connection->Answered();
  }
}

// Behind the data, up to what the page says.
void Service::PutMeta(const Known& known) {
  char* to = PutTime(PutText(body_.Room(256), ",\"meta\":{\"timestamp\":\""), known.begun);
  to = PutText(PutText(to, "\",\"requestId\":\""), TextOf(known.request));
  body_.Wrote(PutText(to, "\""));
}

// A version of 0 is none: a list has no tag here.
void Service::Answer(std::string_view status, const Known& known, int64_t version, Buffer& out) {
  char* to = out.Room(kHead + status.size() + body_.size());
  const char* begin = to;
  to = PutText(PutText(PutText(PutText(to, "HTTP/1.1 "), status), "\r\nDate: "), date_text_);
  to = PutText(PutText(to, "\r\nContent-Type: application/json\r\nX-Request-Id: "), TextOf(known.request));
  if (version > 0) to = PutText(PutNumber(PutText(to, "\r\nETag: \""), version), "\"");
  to = PutText(PutNumber(PutText(to, "\r\nContent-Length: "), static_cast<int64_t>(body_.size())), "\r\n\r\n");
  to = PutText(to, body_.view());
  out.Wrote(to);
  if (!known.operation.empty()) Log(known, (status[0] - '0') * 100 + status[2] - '0', static_cast<size_t>(to - begin));
}

void Service::Refuse(std::string_view status, const Known& known, Buffer& out) {
  body_.clear();
  Answer(status, known, 0, out);
}

void Service::Log(const Known& known, int64_t status, size_t bytes) {
  if (log_ < 0) return;
  int64_t now = NowMicros();
  char* to = PutTime(PutText(lines_.Room(kHead), "{\"time\":\""), now);
  to = PutText(PutText(to, "\",\"level\":\"info\",\"event\":\"request\",\"requestId\":\""), TextOf(known.request));
  to = PutHex(PutHex(PutText(to, "\",\"trace_id\":\""), Chance()), Chance());
  to = PutHex(PutText(to, "\",\"span_id\":\""), Chance());
  to = PutText(PutText(to, "\",\"method\":\""), known.method);
  to = PutText(PutText(to, "\",\"route\":\""), known.route);
  to = PutText(PutText(to, "\",\"operation\":\""), known.operation);
  to = PutNumber(PutText(to, "\",\"status\":"), status);
  to = PutUuid(PutText(to, ",\"callerId\":\""), known.caller.data());
  to = PutNumber(PutText(to, "\",\"durationUs\":"), now - known.begun);
  to = PutNumber(PutText(to, ",\"bytes\":"), static_cast<int64_t>(bytes));
  lines_.Wrote(PutText(to, "}\n"));
}

void Service::TurnEnds() {
  reader_.TurnEnds();
  if (lines_.size() >= kLogBytes) WriteLog();
  int64_t now = NowMicros();
  if (now / 1'000'000 == date_second_) return;
  date_second_ = now / 1'000'000;
  date_text_ = std::string_view(date_, static_cast<size_t>(PutHttpDate(date_, now) - date_));
  WriteLog();
}

void Service::WriteLog() {
  while (log_ >= 0 && !lines_.empty()) {
    ssize_t size = write(log_, lines_.data(), lines_.size());
    if (size <= 0) Fatal("cannot write the log");
    lines_.Drop(static_cast<size_t>(size));
  }
}

}  // namespace ashlar::bench
