// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/answer.h"
#include "http/server_world_test.h"
#include "http/socket_test.h"

namespace ashlar::http {
namespace {

// "/wait": holds up the loop until the test lets go. "/large": as many megabytes as the body has bytes; "/count": as
// many bytes as there were requests; "/held": once the test lets go, or once its client is gone; others their target,
// at once.
class Echo final : public Handler {
 public:
  Echo(std::atomic<bool>* released, std::atomic<int>* held) : released_(released), held_(held) {}

  Eventually<Response> Handle(const Request& request) override {
    if (request.target == "/large") return Response{200, {}, std::string(request.body.size() * 1'000'000, 'x')};
    if (request.target == "/held") return Held(request);
    if (request.target == "/wait") ++*held_;
    while (request.target == "/wait" && !*released_) std::this_thread::yield();
    if (request.target == "/count") return Response{200, {}, std::string(counted_, 'x')};
    ++counted_;
    return Response{200, {}, request.method + " " + request.target};
  }
  Response Refuse(const Request&, int status, std::string_view reason) override {
    return {status, {}, std::string(reason)};
  }
  Response Failed(const Request&, std::string_view what) override { return {500, {}, std::string(what)}; }

 private:
  Task<Response> Held(const Request& request) {
    ++*held_;
    auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor);
    while (!*released_ && !*request.gone) {
      timer.expires_after(std::chrono::milliseconds(2));
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    co_return Response{200, {}, *request.gone ? "gone" : "held"};
  }

  std::atomic<bool>* released_;
  std::atomic<int>* held_;
  size_t counted_ = 0;  // requests before
};

// Clients that take their time, or are one too many.
class SlowClientTest : public testing::Test, protected ServerWorld {
 protected:
  ~SlowClientTest() override { released_ = true; }

  HandlerFactory Make() override {
    return [this](boost::asio::io_context&) { return std::make_unique<Echo>(&released_, &held_); };
  }
  // Its system takes little more than what is read.
  int ConnectNarrow() {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int bytes = 64 << 10;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    return Connect(fd);
  }
  // Until the server has looked at clock_ and at its connections.
  void AwaitSweep() {
    std::string date = "Date: " + FormatDate(clock_.seconds);
    while (Exchange(kClose).find(date) == std::string::npos) std::this_thread::yield();
  }
  // One request on a connection that stays.
  static void Ask(int fd, std::string_view target) {
    Send(fd, fmt::format("GET {} HTTP/1.1\r\nHost: a\r\n\r\n", target));
    std::string answer = Receive(fd, 1);
    EXPECT_TRUE(answer.ends_with(fmt::format("GET {}", target))) << answer;
  }
};

// A client that is still sending when it is refused sees the answer, not a reset.
TEST_F(SlowClientTest, LetsTheClientReadARefusal) {
  Begin({});
  for (int i = 0; i < 20; ++i) {
    int fd = Connect();
    Send(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n");
    for (int j = 0; j < 10; ++j) Send(fd, std::string(10'000, 'x'));
    std::string answer = Receive(fd);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 413")) << answer;
    close(fd);
  }
}

// Also one that reads only once all is sent.
TEST_F(SlowClientTest, LetsTheClientReadARefusalOfALargeBody) {
  Begin({});
  for (const char* framing : {"Content-Length: 8388608", "Content-Length: 1073741824", "Transfer-Encoding: chunked"}) {
    int fd = Connect();
    Send(fd, fmt::format("POST / HTTP/1.1\r\nHost: a\r\n{}\r\n\r\n800000\r\n", framing));
    for (int i = 0; i < 128; ++i) Send(fd, std::string(64 << 10, 'x'));
    std::string answer = Receive(fd);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 413")) << framing << ": " << answer;
    EXPECT_EQ(CountOf(answer, "HTTP/1.1"), 1u) << answer;
    close(fd);
  }
}

TEST_F(SlowClientTest, WaitsForAnImmenseBodyOnlySoLong) {
  Begin({.clock = &clock_});
  int fd = Connect();
  Send(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n");
  int other = Connect();  // once it is answered, the first one has been read
  Send(other, kClose);
  Receive(other);
  clock_.seconds += 3;
  std::string answer = Receive(fd);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413")) << answer;
  close(fd);
  close(other);
}

TEST_F(SlowClientTest, EndsSlowAndIdleClients) {
  Begin({.header_seconds = 10, .body_seconds = 10, .idle_seconds = 10, .write_seconds = 10, .clock = &clock_});
  int idle = Connect();
  int slow_header = Connect();
  Send(slow_header, "GET / HT");
  int slow_body = Connect();
  Send(slow_body, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(Receive(slow_body, 25), "HTTP/1.1 100 Continue\r\n\r\n");
  Send(slow_body, "a");
  int slow_reader = Connect();
  Send(slow_reader, "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n123456789012345678901234567890");
  int busy = Connect();
  Send(busy, "GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  AwaitHeld();
  Receive(slow_reader, 1);
  clock_.seconds += 11;
  EXPECT_EQ(Receive(idle), "");
  for (int fd : {slow_header, slow_body}) {
    std::string answer = Receive(fd);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 Request Timeout\r\nDate: Sun, 06 Nov 1994 08:49:48 GMT\r\n"))
        << answer;
  }
  clock_.seconds += 11;  // in the first ones its system took what it could
  AwaitSweep();
  EXPECT_LT(Receive(slow_reader).size(), 20'000'000u);
  released_ = true;
  EXPECT_TRUE(Receive(busy, 1).starts_with("HTTP/1.1 200"));
  for (int fd : {idle, slow_header, slow_body, slow_reader, busy}) close(fd);
}

// Progress counts, not how long all of it takes; a trickle is none.
TEST_F(SlowClientTest, LetsAClientReadSlowlyButNotByTheByte) {
  Begin({.write_seconds = 10, .clock = &clock_});
  int slow = ConnectNarrow();
  int trickling = ConnectNarrow();
  for (int fd : {slow, trickling}) {
    Send(fd, "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n123456789012345678901234567890");
  }
  size_t read = 0;
  for (int i = 0; i < 4; ++i) {
    read += Receive(slow, 1 << 20).size();
    Receive(trickling, 1);
    clock_.seconds += 8;
    AwaitSweep();
  }
  EXPECT_LT(Receive(trickling).size(), 20'000'000u);
  while (read < 30'000'000) {
    std::string more = Receive(slow, 1);
    ASSERT_NE(more, "") << read;
    read += more.size();
  }
  for (int fd : {slow, trickling}) close(fd);
}

TEST_F(SlowClientTest, EndsWhoSaysNothingSoonerThanWhoHasAsked) {
  Begin({.first_byte_seconds = 5, .idle_seconds = 20, .clock = &clock_});
  int silent = Connect();
  int asked = Connect();
  Ask(asked, "/one");
  clock_.seconds += 6;
  EXPECT_EQ(Receive(silent), "");
  Ask(asked, "/two");
  for (int fd : {silent, asked}) close(fd);
}

TEST_F(SlowClientTest, EndsWhoIsIdleLongestForOneConnectionTooMany) {
  Begin({.connections = 3});
  int first = Connect();
  int second = Connect();
  int third = Connect();
  for (int fd : {first, second, third}) Ask(fd, "/before");
  Ask(first, "/again");
  int fourth = Connect();
  EXPECT_EQ(Receive(second), "");
  int fifth = Connect();
  EXPECT_EQ(Receive(third), "");
  for (int fd : {first, fourth, fifth}) Ask(fd, "/behind");
  for (int fd : {first, second, third, fourth, fifth}) close(fd);
}

TEST_F(SlowClientTest, TurnsAwayWhoComesWhileAllAreBusy) {
  Begin({.connections = 2});
  int busy = Connect();
  Send(busy, "GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  AwaitHeld();
  int half = Connect();
  Ask(half, "/whole");
  Send(half, "GET /ha");
  int more = Connect();
  std::string answer = Receive(more);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
  released_ = true;
  EXPECT_TRUE(Receive(busy, 1).starts_with("HTTP/1.1 200"));
  Send(half, "lf HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(Receive(half, 1).ends_with("GET /half"));
  for (int fd : {busy, half, more}) close(fd);
}

TEST_F(SlowClientTest, TellsAHandlerThatItsClientHasLeft) {
  Begin({});
  int stays = Connect();
  int leaves = Connect();
  for (int fd : {stays, leaves}) Send(fd, "GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  while (held_ < 2) std::this_thread::yield();
  shutdown(leaves, SHUT_WR);
  clock_.seconds += 3;
  EXPECT_TRUE(Receive(leaves, 1).ends_with("gone"));
  released_ = true;
  EXPECT_TRUE(Receive(stays, 1).ends_with("held"));
  for (int fd : {stays, leaves}) close(fd);
}

TEST_F(SlowClientTest, LetsOthersHaveTheirTurnBesideManyRequestsAtOnce) {
  Begin({});
  int many = Connect();
  int one = Connect();
  for (int fd : {many, one}) Ask(fd, "/first");
  int waiting = Connect();
  Send(waiting, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  AwaitHeld();
  std::string requests;
  for (int i = 0; i < 2000; ++i) requests += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  Send(many, requests);
  Send(one, "GET /count HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int fd : {many, one}) AwaitReceived(fd);
  released_ = true;
  std::string answer = Receive(one, 1);
  size_t before = answer.size() - (answer.rfind('\n') + 1);
  EXPECT_LE(before, 100u) << answer;
  EXPECT_GE(before, 32u) << "it was the first to send";
  Send(many, kClose);
  EXPECT_EQ(CountOf(Receive(many), "HTTP/1.1 200"), 2001u);
  for (int fd : {many, one, waiting}) close(fd);
}

}  // namespace
}  // namespace ashlar::http
