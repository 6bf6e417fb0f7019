// SPDX-License-Identifier: Apache-2.0
#include "http/answer.h"

#include <gtest/gtest.h>

namespace ashlar::http {
namespace {

std::string Bytes(const Response& response, const Framing& framing) {
  std::string out;
  AppendAnswer(response, framing, "now", out);
  return out;
}

TEST(Answer, WritesDates) {
  EXPECT_EQ(FormatDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(FormatDate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(FormatDate(951868799), "Tue, 29 Feb 2000 23:59:59 GMT");
  EXPECT_EQ(FormatDate(1798761599), "Thu, 31 Dec 2026 23:59:59 GMT");
}

TEST(Answer, IsFramedByTheServer) {
  Response response{200, {{"A", "b"}}, "body"};
  EXPECT_EQ(Bytes(response, {}), "HTTP/1.1 200 OK\r\nDate: now\r\nA: b\r\nContent-Length: 4\r\n\r\nbody");
  EXPECT_EQ(Bytes(response, {.without_body = true}),
            "HTTP/1.1 200 OK\r\nDate: now\r\nA: b\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(Bytes(response, {.close = true}),
            "HTTP/1.1 200 OK\r\nDate: now\r\nA: b\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody");
  EXPECT_EQ(Bytes({404, {}, ""}, {.minor_version = 0}),
            "HTTP/1.1 404 Not Found\r\nDate: now\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  for (int status : {204, 304}) {
    std::string bytes = Bytes({status, {}, "body"}, {});
    EXPECT_EQ(bytes.find("Content-Length"), std::string::npos) << bytes;
    EXPECT_TRUE(bytes.ends_with("\r\n\r\n")) << bytes;
  }
}

TEST(Answer, IsNotSentWhereItCouldBeTakenForAnother) {
  EXPECT_EQ(WhyNotSent({200, {{"ETag", "\"1\""}, {"X", "caf\xc3\xa9 \t"}, {"Y", ""}}, ""}), "");
  for (int status : {-1, 0, 100, 101, 199, 600}) EXPECT_NE(WhyNotSent({status, {}, ""}), "") << status;
  for (const char* name : {"", "a b", "a:", "a\r\nb", "date", "Content-length", "Connection", "transfer-encoding",
                           "Keep-Alive", "Trailer", "upgrade"}) {
    EXPECT_NE(WhyNotSent({200, {{name, "x"}}, ""}), "") << name;
  }
  for (const char* value : {"a\r\nb", "a\n", "\r", "\x7f", "\x01"}) {
    EXPECT_NE(WhyNotSent({200, {{"X", value}}, ""}), "") << value;
  }
  EXPECT_NE(WhyNotSent({200, {{"X", std::string("a\0b", 3)}}, ""}), "");
}

}  // namespace
}  // namespace ashlar::http
