// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/server_world_test.h"

namespace ashlar::http {
namespace {

class ServerTest : public testing::Test, protected ServerWorld {};

TEST_F(ServerTest, AnswersPipelinedRequestsInOrderAlsoBehindASlowOne) {
  Begin({.workers = 2});
  std::string bytes;
  for (int i = 0; i < 16; ++i) {
    bytes += fmt::format("GET /{}{} HTTP/1.1\r\nHost: a\r\n\r\n", i == 5 ? "slow/" : "", i);
  }
  std::string answer = Exchange(bytes + std::string(kClose));
  size_t at = 0;
  for (int i = 0; i < 16; ++i) {
    size_t next = answer.find(fmt::format("GET /{}{} ", i == 5 ? "slow/" : "", i));
    ASSERT_NE(next, std::string::npos) << answer;
    EXPECT_GE(next, at);
    at = next;
  }
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 200 OK"), 17u);
  EXPECT_EQ(CountOf(answer, "Connection: close"), 1u);
}

TEST_F(ServerTest, ReadsBodiesAndSaysContinue) {
  Begin({});
  int fd = Connect();
  Send(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  std::string interim = Receive(fd, 25);
  EXPECT_EQ(interim, "HTTP/1.1 100 Continue\r\n\r\n");
  Send(fd, "abc");
  Send(fd, kClose);
  std::string answer = Receive(fd);
  close(fd);
  EXPECT_NE(answer.find("POST / abc"), std::string::npos) << answer;
}

TEST_F(ServerTest, CountsTheBodyOfAHeadAndDoesNotSendIt) {
  Begin({});
  std::string answer = Exchange("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 8\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(ServerTest, SurvivesWhatAHandlerThrows) {
  Begin({});
  std::string answer = Exchange(
      "GET /throw HTTP/1.1\r\nHost: a\r\n\r\nGET /throw-later HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /throw-int HTTP/1.1\r\nHost: a\r\n\r\n" +
      std::string(kClose));
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 500"), 3u) << answer;
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 200"), 1u) << answer;
  EXPECT_EQ(observer_.seen, 0);
}

TEST_F(ServerTest, SurvivesAHandlerThatFailsInItsFailures) {
  Begin({});
  std::string answer = Exchange("GET /throw HTTP/1.1\r\nHost: a\r\nX-Fail-Again: 1\r\n\r\n" + std::string(kClose));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 Internal Server Error\r\n")) << answer;
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 200"), 1u) << answer;
  EXPECT_EQ(observer_.seen, 1);
  answer = Exchange("GET /" + std::string(14'500, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500")) << answer;
  answer = Exchange("GET / HTTP/1.1\r\nHost: a\r\nX-Throw: 1\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500")) << answer;
}

TEST_F(ServerTest, NeverSendsAHeaderValueThatEndsTheLine) {
  Begin({});
  std::string answer = Exchange("GET /evil HTTP/1.1\r\nHost: a\r\n\r\n" + std::string(kClose));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 500")) << answer;
  EXPECT_EQ(answer.find("evil"), std::string::npos) << answer;
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 200"), 1u) << answer;
}

TEST_F(ServerTest, AnswersWhatIsReadyBeforeItWaits) {
  Begin({});
  int fd = Connect();
  Send(fd, "GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  std::string first = Receive(fd, 1);
  EXPECT_NE(first.find("GET /first"), std::string::npos) << first;
  released_ = true;
  std::string second = Receive(fd, 1);
  EXPECT_NE(second.find("GET /held"), std::string::npos) << second;
  close(fd);
}

TEST_F(ServerTest, KeepsConnectionsAsTheirVersionsWant) {
  Begin({});
  EXPECT_EQ(CountOf(Exchange("GET /a HTTP/1.0\r\n\r\nGET /b HTTP/1.0\r\n\r\n"), "HTTP/1.1 200"), 1u);
  std::string answer = Exchange("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n");
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 200"), 2u) << answer;
  EXPECT_EQ(CountOf(answer, "Connection: keep-alive"), 1u) << answer;
}

TEST_F(ServerTest, SendsAnswersThatAreLargerThanTheSocketTakesAtOnce) {
  Begin({.output_bytes = 1000});
  int fd = Connect();
  std::string bytes;
  for (int i = 0; i < 3; ++i) bytes += "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123456789";
  Send(fd, bytes + std::string(kClose));
  std::string answer = Receive(fd);
  close(fd);
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 200"), 4u);
  EXPECT_EQ(static_cast<size_t>(std::count(answer.begin(), answer.end(), 'x')), 27'000'000u);
}

TEST_F(ServerTest, ReadsLargeBodiesInPieces) {
  Begin({});
  std::string body(1 << 20, 'b');
  int fd = Connect();
  std::thread sender([&] {
    Send(fd, fmt::format("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{}{}", body.size(), body, kClose));
  });
  std::string answer = Receive(fd);
  sender.join();
  close(fd);
  EXPECT_NE(answer.find(body), std::string::npos);
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 200"), 2u);
}

TEST_F(ServerTest, RefusesBadBytesAndCloses) {
  Begin({});
  std::string answer = Exchange("GET / HTTP/1.1\nHost: a\n\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << answer;
  EXPECT_EQ(answer.find("smuggled"), std::string::npos);
  EXPECT_EQ(CountOf(answer, "Connection: close"), 1u);
}

TEST_F(ServerTest, RefusesByTheHeaderBeforeTheBodyIsRead) {
  Begin({});
  std::string answer = Exchange("POST / HTTP/1.1\r\nHost: a\r\nX-Refuse: 1\r\nContent-Length: 65537\r\n\r\n");
  EXPECT_EQ(CountOf(answer, "Connection: close"), 1u) << answer;
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
  answer = Exchange("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1048577\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413")) << answer;
}

TEST_F(ServerTest, KeepsTheConnectionOfARefusalWhoseBodyIsThere) {
  Begin({});
  std::string refused = "GET /refused HTTP/1.1\r\nHost: a\r\nX-Refuse: 1\r\n\r\n";
  std::string answer = Exchange(refused + refused + std::string(kClose));
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 503"), 2u) << answer;
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 200"), 1u) << answer;
  EXPECT_EQ(CountOf(answer, "Connection: close"), 1u) << answer;
  std::string post = "POST / HTTP/1.1\r\nHost: a\r\nX-Refuse: 1\r\nContent-Length: 9\r\n\r\n";
  answer = Exchange(post + "GET / HTT" + refused + std::string(kClose));
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 503"), 2u) << "a body is never taken for a request: " << answer;
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 200"), 1u) << answer;
  answer = Exchange("POST / HTTP/1.1\r\nHost: a\r\nX-Refuse: 1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
  EXPECT_EQ(CountOf(answer, "Connection: close"), 1u) << "it need not come: " << answer;
}

TEST_F(ServerTest, PassesOverAShortBodyThatComesBehindItsRefusal) {
  Begin({.body_seconds = 1});
  std::string head = "POST / HTTP/1.1\r\nHost: a\r\nX-Refuse: 1\r\nContent-Length: 65536\r\n\r\n";
  std::string body(65536 - kClose.size(), 'x');
  int fd = Connect();
  Send(fd, head);
  std::string answer = Receive(fd, 1);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
  EXPECT_EQ(CountOf(answer, "Connection: close"), 0u) << answer;
  Send(fd, body + std::string(kClose) + std::string(kClose));
  answer = Receive(fd);
  close(fd);
  EXPECT_EQ(CountOf(answer, "HTTP/1.1"), 1u) << "a body is never taken for a request: " << answer;
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  answer = Exchange(head + "x");
  EXPECT_EQ(CountOf(answer, "HTTP/1.1"), 1u) << "who stops in between has had its answer: " << answer;
}

TEST_F(ServerTest, ACrowdThatComesToAnIdleLoopStandsBehindAProbe) {
  constexpr int kCrowd = 60;
  Begin({});
  std::vector<int> crowd;
  for (int i = 0; i < kCrowd; ++i) {
    crowd.push_back(Connect());
    Send(crowd.back(), "GET /warm HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(Receive(crowd.back(), 1).starts_with("HTTP/1.1 200"));
  }
  int first = Connect();
  Send(first, "GET /stop HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  AwaitHeld();
  for (int fd : crowd) Send(fd, "GET /busy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  released_ = true;
  for (int fd : crowd) EXPECT_TRUE(Receive(fd).starts_with("HTTP/1.1 200"));
  EXPECT_LT(unseen_, kCrowd / 3);
  crowd.push_back(first);
  for (int fd : crowd) close(fd);
}

TEST_F(ServerTest, EndsTurnsAlsoWhenThatFails) {
  turns_ = 0;
  Begin({});
  for (int i = 0; i < 10'000 && turns_ < 3; ++i) EXPECT_EQ(CountOf(Exchange(kClose), "HTTP/1.1 200"), 1u);
  EXPECT_GE(turns_, 3);
  EXPECT_EQ(observer_.seen, 1);
}

}  // namespace
}  // namespace ashlar::http
