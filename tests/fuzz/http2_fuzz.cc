// SPDX-License-Identifier: Apache-2.0
// Whatever a client sends, HTTP/2's glue keeps to its limits and lets through what HTTP/1 would let through.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "http/http2_connection.h"

namespace ashlar::http {
namespace {

constexpr Http2Limits kLimits{.messages = {.target_bytes = 256, .header_bytes = 1024, .headers = 16, .body_bytes = 512},
                              .streams = 8,
                              .bodies_bytes = 1024};

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckRequest(const Request& request) {
  Check(IsMethod(request.method) && request.target.size() <= kLimits.messages.target_bytes);
  Check(request.headers.size() <= kLimits.messages.headers + 2 && request.body.size() <= kLimits.messages.body_bytes);
  Check(request.Count("Host") == 1 && request.Count("Connection") + request.Count("Transfer-Encoding") == 0);
  Check(request.Count("Content-Length") <= 1);
  for (const Header& header : request.headers) Check(IsToken(header.name) && IsFieldValue(header.value));
  for (size_t i = 0; i < request.segments.size(); ++i) {
    const std::string& segment = request.segments[i];
    Check(!segment.empty() || i + 1 == request.segments.size());
    Check(segment != "." && segment != ".." && IsValidUtf8(segment));
    Check(segment.find_first_of(std::string_view("/\\\0", 3)) == std::string::npos);
  }
}

// Answers as a server would: some at once, some later, some never.
void Serve(Http2Session& session, std::vector<int32_t>& later) {
  for (const Http2Session::Event& event : session.TakeEvents()) {
    const Request* request = session.Find(event.stream);
    if (request == nullptr) continue;
    if (event.what == Http2Session::What::kRefused) {
      Check(event.refusal.status >= 400 && event.refusal.status < 600 && !event.refusal.reason.empty());
      session.Answer(event.stream, {event.refusal.status, {}, "no"}, "now");
    } else if (event.what == Http2Session::What::kHead) {
      CheckRequest(*request);
      if (session.expects_continue(event.stream)) session.Continue(event.stream);
    } else {
      Request whole = session.Take(event.stream);
      CheckRequest(whole);
      if (whole.body.size() % 4 == 3) later.push_back(event.stream);
      if (whole.body.size() % 4 == 2) session.Decline(event.stream);
      if (whole.body.size() % 4 < 2) session.Answer(event.stream, {200, {{"X", "y"}}, std::string(20'000, 'a')}, "now");
    }
  }
}

}  // namespace
}  // namespace ashlar::http

// The first byte says how long the pieces are in which the others come, and whether the preface is given.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar::http;
  std::string_view all(reinterpret_cast<const char*>(data), size);
  if (all.empty()) return 0;
  auto first = static_cast<unsigned char>(all[0]);
  std::string bytes = first < 0x80 ? std::string(kHttp2Preface) : std::string();
  bytes += all.substr(1);
  size_t piece = first % 0x40 == 0 ? bytes.size() : first % 0x40 * 4;
  Http2Session session(kLimits, 0);
  std::vector<int32_t> later;
  int64_t now = 0;
  for (size_t at = 0; at < bytes.size() && !session.ended(); at += piece) {
    session.Feed(std::string_view(bytes).substr(at, piece));
    Serve(session, later);
    if (at / piece % 8 == 7) session.Tick(now += 4);
    Serve(session, later);
    Check(later.size() <= 2 * size);
    for (int32_t stream : later) session.Answer(stream, {404, {}, "later"}, "now");
    later.clear();
    std::string out;
    session.TakeOutput(1 << 20, out);
    Check(out.size() < (2 << 20));
  }
  session.GoAway();
  session.Tick(now + 1000);
  Serve(session, later);
  return 0;
}
