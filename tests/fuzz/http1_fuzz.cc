// SPDX-License-Identifier: Apache-2.0
// Requests mean the same however their bytes are cut; what is let through keeps to the limits and to one form of path.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "http/parser.h"

namespace ashlar::http {
namespace {

constexpr ParserLimits kLimits{.target_bytes = 256, .header_bytes = 1024, .headers = 16, .body_bytes = 512};

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckRequest(const Request& request) {
  Check(IsToken(request.method) && request.target.size() <= kLimits.target_bytes);
  Check(request.headers.size() <= kLimits.headers && request.body.size() <= kLimits.body_bytes);
  Check(request.minor_version == 0 || request.Count("Host") == 1);
  Check(request.Count("Content-Length") + request.Count("Transfer-Encoding") <= 1);
  for (const Header& header : request.headers) Check(IsToken(header.name) && IsFieldValue(header.value));
  for (size_t i = 0; i < request.segments.size(); ++i) {
    const std::string& segment = request.segments[i];
    Check(!segment.empty() || i + 1 == request.segments.size());
    Check(segment != "." && segment != ".." && IsValidUtf8(segment));
    Check(std::none_of(segment.begin(), segment.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x20 || c == '/' || c == '\\' || c == '\x7f';
    }));
  }
  for (const auto& [name, value] : request.query) Check(IsValidUtf8(name) && IsValidUtf8(value));
}

// All that the bytes mean, given in pieces whose sizes `cuts` says, over and over.
std::string Read(std::string_view bytes, std::string_view cuts) {
  Parser parser(kLimits);
  std::string seen;
  size_t given = 0;
  size_t used = 0;
  for (size_t piece = 0;;) {
    size_t consumed = 0;
    Parser::State state = parser.Advance(bytes.substr(used, given - used), consumed);
    Check(consumed <= given - used);
    used += consumed;
    switch (state) {
      case Parser::State::kHead: seen += parser.has_body() ? "head with a body\n" : "head\n"; break;
      case Parser::State::kRefused:
        Check(parser.status() >= 400 && parser.status() < 600 && !parser.reason().empty());
        return seen + std::to_string(parser.status()) + " " + std::string(parser.reason());
      case Parser::State::kDone: {
        seen += parser.keep_alive() ? "kept " : "closed ";
        const Request& request = parser.request();
        CheckRequest(request);
        seen += request.method + " " + request.target + "\n";
        for (const Header& header : request.headers) seen += header.name + ":" + header.value + "\n";
        seen += request.body + "\n";
        parser.Begin();  // in the room of this one
        break;
      }
      case Parser::State::kNeedMore:
        Check(used == given);
        if (given == bytes.size()) return seen + (parser.began() ? "more" : "end");
        size_t size = cuts.empty() ? bytes.size() : static_cast<unsigned char>(cuts[piece++ % cuts.size()]) % 32 + 1;
        given = std::min(bytes.size(), given + size);
        break;
    }
  }
}

}  // namespace
}  // namespace ashlar::http

// The first byte says how many bytes behind it say where the others are cut.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar::http;
  std::string_view all(reinterpret_cast<const char*>(data), size);
  if (all.empty()) return 0;
  std::string_view cuts = all.substr(1, static_cast<unsigned char>(all[0]) % 8);
  std::string_view bytes = all.substr(1 + cuts.size());
  std::string whole = Read(bytes, {});
  Check(Read(bytes, cuts) == whole);
  Check(Read(bytes, std::string_view("\0", 1)) == whole);
  return 0;
}
