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
      const Request& request = parser.request();
      seen += request.method + " " + request.target + " [" + request.body + "]" + (keep ? "" : " close") + "; ";
      parser.Begin();
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

// A GET with these header lines besides Host.
std::string Get(std::string_view headers) { return fmt::format("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", headers); }
// A POST with these header lines and this body.
std::string Post(std::string_view headers, std::string_view body) {
  return fmt::format("POST / HTTP/1.1\r\nHost: a\r\n{}\r\n{}", headers, body);
}
std::string Chunked(std::string_view body) { return Post("Transfer-Encoding: chunked\r\n", body); }
std::string Line(std::string_view line) { return fmt::format("{}\r\nHost: a\r\n\r\n", line); }

std::vector<Case> Lines() {
  static const std::string longest = "GET /" + std::string(127, 'a') + " []; ";
  return {
      {"plain", Line("GET / HTTP/1.1"), "GET / []; "},
      {"pipelined", Line("GET /1 HTTP/1.1") + Line("GET /2 HTTP/1.1"), "GET /1 []; GET /2 []; "},
      {"one empty line before", "\r\n" + Line("GET / HTTP/1.1"), "GET / []; "},
      {"empty lines before", "\r\n\r\n" + Line("GET / HTTP/1.1"), "400"},
      {"1.0 closes", "GET / HTTP/1.0\r\n\r\n", "GET / [] close; "},
      {"1.0 may keep", "GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n", "GET / []; "},
      {"a later minor version", Line("GET / HTTP/1.2"), "GET / []; "},
      {"version 2", Line("GET / HTTP/2.0"), "505"},
      {"no version", Line("GET /"), "400"},
      {"lower version", Line("GET / http/1.1"), "400"},
      {"short version", Line("GET / HTTP/1"), "400"},
      {"bad method", Line("G@T / HTTP/1.1"), "400"},
      {"no method", Line(" / HTTP/1.1"), "400"},
      {"long method", Line(std::string(33, 'A') + " / HTTP/1.1"), "400"},
      {"two spaces", Line("GET  / HTTP/1.1"), "400"},
      {"a space behind", Line("GET / HTTP/1.1 "), "400"},
      {"a tab", Line("GET\t/ HTTP/1.1"), "400"},
      {"NUL in the target", Line(std::string("GET /a\0b HTTP/1.1", 17)), "400"},
      {"raw UTF-8", Line("GET /\xc3\xa9 HTTP/1.1"), "400"},
      {"fragment", Line("GET /a#b HTTP/1.1"), "400"},
      {"no slash", Line("GET a HTTP/1.1"), "400"},
      {"query alone", Line("GET ?a HTTP/1.1"), "400"},
      {"dot segments", Line("GET /a/../b HTTP/1.1"), "400"},
      {"bad query", Line("GET /?a=%f HTTP/1.1"), "GET /?a=%f []; "},
      {"long target", Line("GET /" + std::string(128, 'a') + " HTTP/1.1"), "414"},
      {"longest target", Line("GET /" + std::string(127, 'a') + " HTTP/1.1"), longest.c_str()},
      {"far too long a line", "GET /" + std::string(900, 'a'), "414"},
      {"absolute form", Line("GET http://a/b HTTP/1.1"), "GET http://a/b []; "},
      {"absolute form without a path", Line("GET HTTPS://A?b HTTP/1.1"), "GET HTTPS://A?b []; "},
      {"absolute form of another host", Line("GET http://b/ HTTP/1.1"), "GET http://b/ []; "},
      {"absolute form and a host that is none", "GET http://b/ HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
      {"absolute form and no host", "GET http://b/ HTTP/1.1\r\n\r\n", "400"},
      {"absolute form with a user", Line("GET http://u@a/ HTTP/1.1"), "400"},
      {"another scheme", Line("GET ftp://a/ HTTP/1.1"), "400"},
      {"asterisk", Line("OPTIONS * HTTP/1.1"), "OPTIONS * []; "},
      {"asterisk for GET", Line("GET * HTTP/1.1"), "400"},
      {"connect", Line("CONNECT a:1 HTTP/1.1"), "501"},
      {"bare LF", "GET / HTTP/1.1\nHost: a\n\n", "400"},
      {"bare CR", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", "400"},
      {"no host", "GET / HTTP/1.1\r\n\r\n", "400"},
  };
}

std::vector<Case> Headers() {
  return {
      {"close", Get("Connection: upgrade, Close\r\nUpgrade: h2c\r\n"), "GET / [] close; "},
      {"bare CR at the end", Get("X: a\r\r\n"), "400"},
      {"folded", Get("X: a\r\n b\r\n"), "400"},
      {"space before colon", Get("X : a\r\n"), "400"},
      {"no colon", Get("X\r\n"), "400"},
      {"no name", Get(": a\r\n"), "400"},
      {"NUL in a value", Get(std::string_view("X: a\0b\r\n", 8)), "400"},
      {"DEL in a value", Get("X: a\x7f\r\n"), "400"},
      {"obs-text in a value", Get("X: \xff\r\n"), "GET / []; "},
      {"empty value", Get("X:\r\n"), "GET / []; "},
      {"two hosts", Get("Host: a\r\n"), "400"},
      {"two types", Get("Content-Type: a/b\r\ncontent-type: a/c\r\n"), "400"},
      {"two credentials", Get("Authorization: a\r\nAuthorization: b\r\n"), "400"},
      {"two of another", Get("Accept: a/b\r\nAccept: a/c\r\n"), "GET / []; "},
      {"expectation", Post("Expect: tea\r\n", ""), "417"},
      {"long header", Get("X: " + std::string(600, 'a') + "\r\n"), "431"},
      {"long headers", Get("X: " + std::string(300, 'a') + "\r\nY: " + std::string(300, 'a') + "\r\n"), "431"},
      {"as many headers as may be", Get("A: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\n"), "GET / []; "},
      {"many headers", Get("A: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\n"), "431"},
  };
}

std::vector<Case> Hosts() {
  std::vector<Case> cases;
  for (const char* host :
       {"a", "A.b-c", "a:80", "a:", "a:65535", "127.0.0.1:1", "[::1]", "[::1]:8080", "[::ffff:1.2.3.4]"}) {
    cases.push_back({host, fmt::format("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", host), "GET / []; "});
  }
  for (const char* host : {"", "a/b", "a b", "a:99999", "a:x", "a:1:2", ":80", "u@a", "[]", "[::1", "[::1]x", "[::g]",
                           "a,b/", "a?b", "[::1]:x", "\xc3\xa9"}) {
    cases.push_back({host, fmt::format("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", host), "400"});
  }
  return cases;
}

std::vector<Case> Bodies() {
  return {
      {"length", Post("Content-Length: 3\r\n", "abc"), "POST / [abc]; "},
      {"length 0", Post("Content-Length: 0\r\n", ""), "POST / []; "},
      {"no length", Post("", "abc"), "POST / []; more"},
      {"unfinished body", Post("Content-Length: 3\r\n", "ab"), "more"},
      {"largest body", Post("Content-Length: 64\r\n", std::string(64, 'a')),
       "POST / [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]; "},
      {"long body", Post("Content-Length: 65\r\n", ""), "413"},
      {"length and chunked", Post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", ""), "400"},
      {"two lengths", Post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), "400"},
      {"length list", Post("Content-Length: 3, 3\r\n", "abc"), "400"},
      {"signed length", Post("Content-Length: +3\r\n", "abc"), "400"},
      {"negative length", Post("Content-Length: -3\r\n", "abc"), "400"},
      {"hexadecimal length", Post("Content-Length: 0x3\r\n", "abc"), "400"},
      {"padded length", Post("Content-Length: 03\r\n", "abc"), "400"},
      {"empty length", Post("Content-Length:\r\n", "abc"), "400"},
      {"far too long a body", Post("Content-Length: 536870912\r\n", ""), "413"},
      {"immense body that does not come", Post("Content-Length: 999999999\r\n", ""), "more"},
      {"immense body", Post("Content-Length: 999999999\r\n", "a"), "413"},
      {"immense body to be told about", Post("Content-Length: 1073741824\r\nExpect: 100-continue\r\n", ""), "413"},
      {"length of no number", Post("Content-Length: 18446744073709551617\r\n", ""), "400"},
      {"xchunked", Post("Transfer-Encoding: xchunked\r\n", ""), "501"},
      {"gzip", Post("Transfer-Encoding: gzip, chunked\r\n", ""), "501"},
      {"chunked before gzip", Post("Transfer-Encoding: chunked, gzip\r\n", ""), "400"},
      {"chunked in one line twice", Post("Transfer-Encoding: chunked, chunked\r\n", ""), "400"},
      {"coding twice", Post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ""), "400"},
      {"empty coding", Post("Transfer-Encoding:\r\n", ""), "400"},
      {"coding and nothing", Post("Transfer-Encoding: chunked,\r\n", ""), "400"},
      {"coding in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
  };
}

std::vector<Case> Chunks() {
  return {
      {"chunks", Chunked("3\r\nabc\r\n0A\r\ndefghijklm\r\n0\r\n\r\n"), "POST / [abcdefghijklm]; "},
      {"another behind", Chunked("1\r\na\r\n0\r\n\r\n") + Get(""), "POST / [a]; GET / []; "},
      {"extensions", Chunked("1;a\r\nx\r\n1;a=b;c=\"d;\\\"e\"\r\ny\r\n0\r\n\r\n"), "POST / [xy]; "},
      {"bare semicolon", Chunked("1;\r\nx\r\n0\r\n\r\n"), "400"},
      {"extension without a value", Chunked("1;a=\r\nx\r\n0\r\n\r\n"), "400"},
      {"extension of no token", Chunked("1;a[=b\r\nx\r\n0\r\n\r\n"), "400"},
      {"extension with an open quote", Chunked("1;a=\"b\r\nx\r\n0\r\n\r\n"), "400"},
      {"extension with a tail", Chunked("1;a=\"b\"c\r\nx\r\n0\r\n\r\n"), "400"},
      {"control in an extension", Chunked("1;a=\"\x01\"\r\nx\r\n0\r\n\r\n"), "400"},
      {"space before an extension", Chunked("1 ;a\r\nx\r\n0\r\n\r\n"), "400"},
      {"long extension", Chunked("1;" + std::string(300, 'a') + "\r\nx\r\n0\r\n\r\n"), "400"},
      {"many extensions",
       Chunked("1;" + std::string(200, 'a') + "\r\nx\r\n1;" + std::string(200, 'a') + "\r\ny\r\n1;" +
               std::string(200, 'a') + "\r\nz\r\n0\r\n\r\n"),
       "400"},
      {"long chunk", Chunked("41\r\n"), "413"},
      {"long chunks", Chunked("1\r\na\r\n40\r\n"), "413"},
      {"overflowing chunk", Chunked("ffffffffffffffff\r\n"), "400"},
      {"prefixed chunk size", Chunked("0x3\r\nabc\r\n"), "400"},
      {"negative chunk size", Chunked("-1\r\nabc\r\n"), "400"},
      {"no chunk size", Chunked("\r\nabc\r\n"), "400"},
      {"chunk too short", Chunked("2\r\nabc\r\n"), "400"},
      {"chunk size ended by LF", Chunked("3\nabc\r\n0\r\n\r\n"), "400"},
      {"chunk ended by LF", Chunked("3\r\nabc\n0\r\n\r\n"), "400"},
      {"trailers", Chunked("0\r\nX: y\r\nZ:\r\n\r\n"), "POST / []; "},
      {"trailer that ends the body anew", Chunked("0\r\nContent-Length: 5\r\n\r\n"), "400"},
      {"trailer that says who asks", Chunked("0\r\nauthorization: x\r\n\r\n"), "400"},
      {"folded trailer", Chunked("0\r\nX: y\r\n z\r\n\r\n"), "400"},
      {"no trailer", Chunked("0\r\nX\r\n\r\n"), "400"},
      {"long trailer", Chunked("0\r\nX: " + std::string(600, 'a') + "\r\n\r\n"), "431"},
      {"many trailers", Chunked("0\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\n\r\n"), "431"},
      {"unfinished trailers", Chunked("0\r\n"), "more"},
  };
}

TEST(Parser, ReadsWholeAndByteByByteAlike) {
  for (const auto& cases : {Lines(), Headers(), Hosts(), Bodies(), Chunks()}) {
    for (const Case& test : cases) {
      EXPECT_EQ(Read(test.bytes, test.bytes.size()), test.seen) << test.name;
      EXPECT_EQ(Read(test.bytes, 1), test.seen) << test.name << ", byte by byte";
      EXPECT_EQ(Read(test.bytes, 7), test.seen) << test.name << ", in pieces of seven";
    }
  }
}

TEST(Parser, KeepsWhatARequestSays) {
  Parser parser(ParserLimits{});
  std::string bytes =
      "GET /v1/a%20b/?x=1&y HTTP/1.1\r\nHost: a\r\naccept:  one \r\nAccept: two\r\nExpect: 100-continue\r\n"
      "Content-Length: 1\r\n\r\nz";
  size_t consumed = 0;
  ASSERT_EQ(parser.Advance(bytes, consumed), Parser::State::kHead);
  EXPECT_EQ(consumed, bytes.size() - 1);
  EXPECT_TRUE(parser.expects_continue());
  EXPECT_TRUE(parser.request().body.empty());
  ASSERT_EQ(parser.Advance("z", consumed), Parser::State::kDone);
  const Request request = parser.request();
  parser.Begin();
  EXPECT_FALSE(parser.began());
  EXPECT_EQ(request.segments, (std::vector<std::string>{"v1", "a b", ""}));
  EXPECT_EQ(request.query, (std::vector<std::pair<std::string, std::string>>{{"x", "1"}, {"y", ""}}));
  EXPECT_EQ(request.Find("ACCEPT"), "one");
  EXPECT_EQ(request.Count("Accept"), 2u);
  EXPECT_EQ(request.Find("X"), std::nullopt);
  EXPECT_EQ(request.FindList("Accept"), "one, two");
  EXPECT_EQ(request.FindList("X"), std::nullopt);
  EXPECT_EQ(request.body, "z");
  EXPECT_EQ(request.minor_version, 1);
}

TEST(Parser, KeepsNothingOfTheRequestBefore) {
  Parser parser(ParserLimits{});
  size_t consumed = 0;
  std::string_view first =
      "POST http://b/v1/a?x=1 HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\nX: y\r\n\r\nz";
  ASSERT_EQ(parser.Advance(first, consumed), Parser::State::kHead);
  ASSERT_EQ(parser.Advance(first.substr(consumed), consumed), Parser::State::kDone);
  parser.Begin();
  EXPECT_FALSE(parser.began());
  ASSERT_EQ(parser.Advance("GET / HTTP/1.1\r\nHost: a\r\n\r\n", consumed), Parser::State::kHead);
  EXPECT_FALSE(parser.has_body());
  EXPECT_TRUE(parser.keep_alive());
  const Request& request = parser.request();
  EXPECT_EQ(request.method + " " + request.target, "GET /");
  EXPECT_TRUE(request.segments.empty() && request.query.empty() && request.body.empty());
  ASSERT_EQ(request.headers.size(), 1u);
  EXPECT_EQ(request.Find("Host"), "a");
  EXPECT_EQ(request.minor_version, 1);
}

TEST(Parser, TakesTheTargetsAuthorityForHost) {
  for (const char* bytes :
       {"GET http://b:80/ HTTP/1.1\r\nX: y\r\nHost: a\r\nZ: z\r\n\r\n", "GET http://b:80/ HTTP/1.0\r\n\r\n"}) {
    Parser parser(ParserLimits{});
    size_t consumed = 0;
    ASSERT_EQ(parser.Advance(bytes, consumed), Parser::State::kHead) << bytes;
    EXPECT_EQ(parser.request().Find("Host"), "b:80") << bytes;
    EXPECT_EQ(parser.request().Count("Host"), 1u) << bytes;
  }
}

// It is for the handler to refuse, by name.
TEST(Parser, KeepsAParameterThatCannotBeDecoded) {
  Parser parser(ParserLimits{});
  size_t consumed = 0;
  ASSERT_EQ(parser.Advance("GET /?a=1&b=%zz&c=2 HTTP/1.1\r\nHost: a\r\n\r\n", consumed), Parser::State::kHead);
  EXPECT_EQ(parser.request().bad_query, "b=%zz");
  EXPECT_TRUE(parser.request().query.empty());
}

using Segments = std::vector<std::string>;
std::optional<Segments> SegmentsOf(std::string_view path) {
  Segments segments;
  return ReadPath(path, segments) ? std::optional(segments) : std::nullopt;
}

TEST(Path, HasOneForm) {
  EXPECT_EQ(SegmentsOf("/"), Segments{});
  EXPECT_EQ(SegmentsOf("/v1/a%20b"), (Segments{"v1", "a b"}));
  EXPECT_EQ(SegmentsOf("/v1/a;b=1"), (Segments{"v1", "a;b=1"}));
  EXPECT_EQ(SegmentsOf("/v_1/a-b.c/d"), (Segments{"v_1", "a-b.c", "d"}));
  EXPECT_EQ(SegmentsOf("/v1/"), (Segments{"v1", ""}));
  EXPECT_EQ(SegmentsOf("/%25252e"), (Segments{"%252e"}));
  EXPECT_EQ(SegmentsOf("/%C3%A9"), (Segments{"\xc3\xa9"}));
  for (const char* bad : {"", "a", "//", "/a//b", "/./a", "/a/..", "/%2e%2E/a", "/.%2e", "/a%2fb", "/a%5Cb", "/a\\b",
                          "/%00", "/%0a", "/%", "/%4", "/%zz", "/%c0%ae", "/%ff", "/%ed%a0%80"}) {
    EXPECT_EQ(SegmentsOf(bad), std::nullopt) << bad;
  }
}

TEST(Query, IsDecodedOnce) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(ParseQuery("a=1&b=x%20y+z&&c&d="), (Pairs{{"a", "1"}, {"b", "x y z"}, {"c", ""}, {"d", ""}}));
  EXPECT_EQ(ParseQuery("a%5Bgte%5D=%2525"), (Pairs{{"a[gte]", "%25"}}));
  EXPECT_EQ(ParseQuery(""), Pairs{});
  for (const char* bad : {"a=%", "a=%1", "%zz=1", "a=%00", "a=%ff", "%0a=1"})
    EXPECT_EQ(ParseQuery(fmt::format("x=1&{}&y=2", bad)), std::unexpected(std::string(bad)));
}

}  // namespace
}  // namespace ashlar::http
