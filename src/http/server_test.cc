// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

namespace ashlar::http {
namespace {

struct Quiet final : Observer {
  void Observe(const Observation&) override { ++seen; }
  std::atomic<int> seen = 0;
};

// "/": its body back. "/slow": the same, later. "/throw" and "/throw-later": an exception.
class Echo final : public Handler {
 public:
  Eventually<Response> Handle(const Request& request) override {
    std::string first = request.segments.empty() ? "" : request.segments[0];
    if (first == "throw") throw std::runtime_error("on purpose");
    if (first == "slow" || first == "throw-later") return Later(request, first == "slow");
    return Answer(request);
  }
  std::optional<Response> Admit(const Request& head) override {
    if (!head.Find("X-Refuse")) return std::nullopt;
    return Response{503, {}, "busy"};
  }
  Response Refuse(int status, std::string_view reason) override { return {status, {}, std::string(reason)}; }
  Response Failed(const Request&, std::string_view what) override { return {500, {}, std::string(what)}; }

 private:
  static Response Answer(const Request& request) {
    return {200, {{"X-Evil", "a\r\nb"}}, request.method + " " + request.target + " " + request.body};
  }
  static Task<Response> Later(const Request& request, bool well) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, std::chrono::milliseconds(20));
    co_await timer.async_wait(boost::asio::use_awaitable);
    if (!well) throw std::runtime_error("later");
    co_return Answer(request);
  }
};

class ServerTest : public testing::Test {
 protected:
  void Begin(ServerOptions options) {
    options.listen = "127.0.0.1:0";
    auto server = Server::Open(options, [](boost::asio::io_context&) { return std::make_unique<Echo>(); }, observer_);
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
    thread_ = std::thread([this] { server_->Run(); });
  }
  void TearDown() override {
    if (server_ != nullptr) server_->Stop();
    if (thread_.joinable()) thread_.join();
  }
  int Connect() {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    timeval limit{10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    std::string text = server_->address();
    address.sin_port = htons(static_cast<uint16_t>(std::stoi(text.substr(text.rfind(':') + 1))));
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  static void Send(int fd, std::string_view bytes) {
    EXPECT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // Up to `bytes` bytes, or until the server closes.
  static std::string Receive(int fd, size_t bytes = SIZE_MAX) {
    std::string all;
    char buffer[4096];
    while (all.size() < bytes) {
      ssize_t size = recv(fd, buffer, sizeof buffer, 0);
      if (size <= 0) break;
      all.append(buffer, static_cast<size_t>(size));
    }
    return all;
  }
  // Sends and reads to the end.
  std::string Exchange(std::string_view bytes) {
    int fd = Connect();
    Send(fd, bytes);
    std::string answer = Receive(fd);
    close(fd);
    return answer;
  }
  static size_t CountOf(std::string_view text, std::string_view part) {
    size_t count = 0;
    for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
    return count;
  }

  Quiet observer_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

constexpr std::string_view kClose = "GET /end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

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
  std::string answer = Exchange("GET /throw HTTP/1.1\r\nHost: a\r\n\r\nGET /throw-later HTTP/1.1\r\nHost: a\r\n\r\n" +
                                std::string(kClose));
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 500"), 2u) << answer;
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 200"), 1u) << answer;
}

TEST_F(ServerTest, NeverSendsAHeaderValueThatEndsTheLine) {
  Begin({});
  EXPECT_EQ(Exchange(kClose).find("X-Evil"), std::string::npos);
}

TEST_F(ServerTest, RefusesBadBytesAndCloses) {
  Begin({});
  std::string answer = Exchange("GET / HTTP/1.1\nHost: a\n\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << answer;
  EXPECT_EQ(answer.find("smuggled"), std::string::npos);
}

TEST_F(ServerTest, RefusesByTheHeaderBeforeTheBodyIsRead) {
  Begin({});
  std::string answer = Exchange("POST / HTTP/1.1\r\nHost: a\r\nX-Refuse: 1\r\nContent-Length: 1000\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
}

TEST_F(ServerTest, EndsSlowAndIdleClients) {
  Begin({.header_seconds = 1, .body_seconds = 1, .idle_seconds = 1});
  int idle = Connect();
  int slow_header = Connect();
  Send(slow_header, "GET / HT");
  int slow_body = Connect();
  Send(slow_body, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na");
  for (int fd : {idle, slow_header, slow_body}) {
    EXPECT_EQ(Receive(fd), "");
    close(fd);
  }
}

TEST_F(ServerTest, DrainsOnStop) {
  Begin({});
  int idle = Connect();
  int busy = Connect();
  Send(busy, "GET /warm HTTP/1.1\r\nHost: a\r\n\r\n");
  Receive(busy, 1);
  Send(busy, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  std::this_thread::yield();
  server_->Stop();
  server_->Stop();
  EXPECT_EQ(Receive(idle), "");
  Receive(busy);
  thread_.join();
  close(idle);
  close(busy);
}

TEST_F(ServerTest, ClosesConnectionsBeyondItsLimit) {
  Begin({.connections = 1});
  int first = Connect();
  Send(first, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  Receive(first, 1);
  int second = Connect();
  EXPECT_EQ(Receive(second), "");
  close(first);
  close(second);
}

TEST_F(ServerTest, NamesAnAddressThatIsTaken) {
  Begin({});
  ServerOptions options;
  options.listen = server_->address();
  auto other = Server::Open(options, [](boost::asio::io_context&) { return std::make_unique<Echo>(); }, observer_);
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().kind, ErrorKind::kConflict);
  for (const char* bad : {"", "8080", "127.0.0.1:", "127.0.0.1:99999", "nowhere:1"}) {
    options.listen = bad;
    auto refused = Server::Open(options, [](boost::asio::io_context&) { return std::make_unique<Echo>(); }, observer_);
    ASSERT_FALSE(refused.has_value()) << bad;
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid) << bad;
  }
}

}  // namespace
}  // namespace ashlar::http
