// SPDX-License-Identifier: Apache-2.0
#include "http/parser.h"

#include <gtest/gtest.h>

#include "http/path.h"

namespace ashlar::http {
namespace {

// What became of some bytes: "200 GET /path body|..." for each request, then the refusal's status if there is one.
std::string Read(std::string_view bytes, size_t step) {
  ParserLimits limits;
  limits.header_bytes = 512;
  limits.target_bytes = 128;
  limits.body_bytes = 64;
  limits.headers = 8;
  Parser parser(limits);
  std::string seen;
  size_t given = 0;
  size_t used = 0;
  while (true) {
    size_t consumed = 0;
    Parser::State state = parser.Advance(bytes.substr(used, given - used), consumed);
    used += consumed;
    if (state == Parser::State::kRefused) return seen + std::to_string(parser.status());
    if (state == Parser::State::kDone) {
      bool keep = parser.keep_alive();
      Request request = parser.Take();
      seen += request.method + " " + request.target + " [" + request.body + "]" + (keep ? "" : " close") + "; ";
    }
    if (state == Parser::State::kNeedMore) {
      if (given == bytes.size()) return seen + (parser.began() ? "more" : "");
      given = std::min(bytes.size(), given + step);
    }
  }
}

struct Case {
  const char* name;
  std::string bytes;
  const char* seen;
};

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {"plain", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / []; "},
      {"pipelined", "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /1 []; GET /2 []; "},
      {"one empty line before", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / []; "},
      {"empty lines before", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "POST / [abc]; "},
      {"unfinished body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab", "more"},
      {"chunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
       "POST / [abcde]; "},
      {"trailers", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n", "POST / []; "},
      {"1.0 closes", "GET / HTTP/1.0\r\n\r\n", "GET / [] close; "},
      {"close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", "GET / [] close; "},
      {"absolute form", "GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://a/b []; "},
      {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * []; "},
      {"asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"length and chunked", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"two lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "400"},
      {"length list", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc", "400"},
      {"signed length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n\r\nabc", "400"},
      {"huge length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", "400"},
      {"long body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65\r\n\r\n", "413"},
      {"long chunk", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n41\r\n", "413"},
      {"bad chunk size", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n", "400"},
      {"chunk too short", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", "400"},
      {"xchunked", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", "501"},
      {"coding twice", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"bare LF", "GET / HTTP/1.1\nHost: a\n\n", "400"},
      {"bare CR", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", "400"},
      {"folded", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", "400"},
      {"space before colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400"},
      {"no host", "GET / HTTP/1.1\r\n\r\n", "400"},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400"},
      {"host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
      {"host with a bad port", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", "400"},
      {"userinfo", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"connect", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
      {"version 2", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"},
      {"no version", "GET /\r\nHost: a\r\n\r\n", "400"},
      {"lower version", "GET / http/1.1\r\nHost: a\r\n\r\n", "400"},
      {"bad method", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"control in header", std::string("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 35), "400"},
      {"expectation", "POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n", "417"},
      {"long target", "GET /" + std::string(300, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", "414"},
      {"long header", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(600, 'a') + "\r\n\r\n", "431"},
      {"many headers", "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\n\r\n", "431"},
      {"dot segments", "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"raw UTF-8", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
  };
  return cases;
}

TEST(Parser, ReadsWholeAndByteByByteAlike) {
  for (const Case& test : Cases()) {
    EXPECT_EQ(Read(test.bytes, test.bytes.size()), test.seen) << test.name;
    EXPECT_EQ(Read(test.bytes, 1), test.seen) << test.name << ", byte by byte";
  }
}

TEST(Path, HasOneForm) {
  using Segments = std::vector<std::string>;
  EXPECT_EQ(ParsePath("/"), Segments{});
  EXPECT_EQ(ParsePath("/v1/a%20b"), (Segments{"v1", "a b"}));
  EXPECT_EQ(ParsePath("/v1/a;b=1"), (Segments{"v1", "a;b=1"}));
  EXPECT_EQ(ParsePath("/v1/"), (Segments{"v1", ""}));
  EXPECT_EQ(ParsePath("/%25252e"), (Segments{"%252e"}));
  EXPECT_EQ(ParsePath("/%C3%A9"), (Segments{"\xc3\xa9"}));
  for (const char* bad : {"", "a", "//", "/a//b", "/./a", "/a/..", "/%2e%2E/a", "/.%2e", "/a%2fb", "/a%5Cb", "/a\\b",
                          "/%00", "/%0a", "/%", "/%4", "/%zz", "/%c0%ae", "/%ff", "/%ed%a0%80"}) {
    EXPECT_EQ(ParsePath(bad), std::nullopt) << bad;
  }
}

TEST(Query, IsDecodedOnce) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(ParseQuery("a=1&b=x%20y+z&&c&d="), (Pairs{{"a", "1"}, {"b", "x y z"}, {"c", ""}, {"d", ""}}));
  EXPECT_EQ(ParseQuery("a%5Bgte%5D=%2525"), (Pairs{{"a[gte]", "%25"}}));
  EXPECT_EQ(ParseQuery(""), Pairs{});
  for (const char* bad : {"a=%", "a=%1", "%zz=1", "a=%00", "a=%ff", "%0a=1"}) EXPECT_EQ(ParseQuery(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace ashlar::http
