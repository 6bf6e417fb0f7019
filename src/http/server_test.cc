// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <csignal>
#include <thread>

namespace ashlar::http {
namespace {

constexpr std::string_view kClose = "GET /end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

struct Quiet final : Observer {
  void Observe(const Observation&) override { ++seen; }
  std::atomic<int> seen = 0;
};

// A clock that tests move; its seconds are the server's.
class Hand final : public Clock {
 public:
  int64_t NowMicros() const override { return SteadyMicros(); }
  int64_t SteadyMicros() const override { return seconds * 1'000'000; }
  std::atomic<int64_t> seconds = 784111777;
};

// "/": its body back. "/slow": the same, later; "/held": once the test lets go. "/throw..." and "/evil": defects.
class Echo final : public Handler {
 public:
  Echo(std::atomic<bool>* released, std::atomic<int>* held, std::atomic<int>* turns)
      : released_(released), held_(held), turns_(turns) {}

  Eventually<Response> Handle(const Request& request) override {
    std::string first = request.segments.empty() ? "" : request.segments[0];
    if (first == "throw") throw std::runtime_error("on purpose");
    if (first == "throw-int") throw 7;
    if (first == "evil") return Response{200, {{"X-Evil", "a\r\nb"}}, "evil"};
    if (first == "large") return Response{200, {}, std::string(request.body.size() * 1'000'000, 'x')};
    if (first == "slow" || first == "throw-later") return Later(request, first == "slow");
    if (first == "held") return Held(request);
    return Answer(request);
  }
  std::optional<Response> Admit(const Request& head, const LagMeter&) override {
    if (head.Find("X-Throw")) throw std::runtime_error("on purpose");
    if (!head.Find("X-Refuse")) return std::nullopt;
    return Response{503, {}, "busy"};
  }
  Response Refuse(const Request&, int status, std::string_view reason) override {
    if (status == 414) throw std::runtime_error("on purpose");
    return {status, {}, std::string(reason)};
  }
  Response Failed(const Request& request, std::string_view what) override {
    if (request.Find("X-Fail-Again")) throw std::runtime_error("again");
    return {500, {}, std::string(what)};
  }
  void TurnEnds() override {
    if (++*turns_ == 1) throw std::runtime_error("on purpose");
  }

 private:
  static Response Answer(const Request& request) {
    return {200, {}, request.method + " " + request.target + " " + request.body};
  }
  static Task<void> Pause() {
    auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor, std::chrono::milliseconds(5));
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
  static Task<Response> Later(const Request& request, bool well) {
    co_await Pause();
    if (!well) throw std::runtime_error("later");
    co_return Answer(request);
  }
  Task<Response> Held(const Request& request) {
    ++*held_;
    while (!*released_) co_await Pause();
    co_return Answer(request);
  }

  std::atomic<bool>* released_;
  std::atomic<int>* held_;
  std::atomic<int>* turns_;
};

class ServerTest : public testing::Test {
 protected:
  void Begin(ServerOptions options) {
    options.listen = "127.0.0.1:0";
    auto server = Server::Open(options, Make(), observer_);
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
    thread_ = std::thread([this] { server_->Run(); });
  }
  void TearDown() override {
    if (server_ != nullptr) server_->Stop();
    if (thread_.joinable()) thread_.join();
  }
  HandlerFactory Make() {
    return [this](boost::asio::io_context&) { return std::make_unique<Echo>(&released_, &held_, &turns_); };
  }
  // Until the handler holds a request.
  void AwaitHeld() {
    while (held_ == 0) std::this_thread::yield();
  }
  int Connect() { return Connect(socket(AF_INET, SOCK_STREAM, 0)); }
  int Connect(int fd) {
    timeval limit{10, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    std::string text = server_->address();
    std::string_view digits = std::string_view(text).substr(text.rfind(':') + 1);
    uint16_t port = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), port);
    address.sin_port = htons(port);
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
  Hand clock_;
  std::atomic<bool> released_ = false;
  std::atomic<int> held_ = 0;
  std::atomic<int> turns_ = 1;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

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
  std::string answer = Exchange("POST / HTTP/1.1\r\nHost: a\r\nX-Refuse: 1\r\nContent-Length: 1000\r\n\r\n");
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
  answer = Exchange(post + "GET / H");
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 503"), 1u) << answer;
  EXPECT_EQ(CountOf(answer, "Connection: close"), 1u) << "the rest of it is not waited for: " << answer;
}

TEST_F(ServerTest, EndsTurnsAlsoWhenThatFails) {
  turns_ = 0;
  Begin({});
  for (int i = 0; i < 10'000 && turns_ < 3; ++i) EXPECT_EQ(CountOf(Exchange(kClose), "HTTP/1.1 200"), 1u);
  EXPECT_GE(turns_, 3);
  EXPECT_EQ(observer_.seen, 1);
}

TEST_F(ServerTest, AcceptsAgainOnceThereAreDescriptors) {
#if __has_feature(undefined_behavior_sanitizer)
  GTEST_SKIP() << "this sanitizer needs descriptors itself; the run under TSan has this test";
#endif
  Begin({});
  EXPECT_EQ(CountOf(Exchange(kClose), "HTTP/1.1 200"), 1u);
  int waiting = socket(AF_INET, SOCK_STREAM, 0);
  int lowest = dup(waiting);
  close(lowest);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none{static_cast<rlim_t>(lowest), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  Connect(waiting);
  while (observer_.seen == 0) std::this_thread::yield();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  Send(waiting, kClose);
  EXPECT_TRUE(Receive(waiting).starts_with("HTTP/1.1 200"));
  close(waiting);
}

TEST_F(ServerTest, EndsAtOnceWhenStoppedBeforeItRuns) {
  auto server = Server::Open({.listen = "127.0.0.1:0", .workers = 2}, Make(), observer_);
  ASSERT_TRUE(server.has_value());
  (*server)->Stop();
  (*server)->Run();
  EXPECT_EQ(held_, 0);
}

TEST_F(ServerTest, DrainsOnStop) {
  Begin({.workers = 2});
  int idle = Connect();
  int busy = Connect();
  Send(busy, "GET /held HTTP/1.1\r\nHost: a\r\n\r\nGET /behind HTTP/1.1\r\nHost: a\r\n\r\n");
  AwaitHeld();
  server_->Stop();
  server_->Stop();
  EXPECT_EQ(Receive(idle), "");
  released_ = true;
  std::string answer = Receive(busy);
  EXPECT_EQ(CountOf(answer, "HTTP/1.1 200"), 1u) << answer;
  EXPECT_EQ(CountOf(answer, "Connection: close"), 1u) << answer;
  for (int fd : {idle, busy}) close(fd);
  thread_.join();
}

TEST_F(ServerTest, WaitsForADrainOnlySoLong) {
  Begin({.drain_seconds = 5, .clock = &clock_});
  int idle = Connect();
  int busy = Connect();
  Send(busy, "GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  AwaitHeld();
  server_->Stop();
  EXPECT_EQ(Receive(idle), "");
  clock_.seconds += 6;
  thread_.join();
  server_.reset();
  EXPECT_EQ(Receive(busy), "");
  close(idle);
  close(busy);
}

TEST_F(ServerTest, EndsOnASignalAndAtOnceOnTheSecond) {
  Begin({});
  int busy = Connect();
  Send(busy, "GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  AwaitHeld();
  int idle = Connect();
  raise(SIGTERM);
  EXPECT_EQ(Receive(idle), "");
  raise(SIGINT);
  thread_.join();
  close(idle);
  close(busy);
}

TEST_F(ServerTest, CountsItsConnections) {
  Begin({.connections = 1});
  int first = Connect();
  Send(first, "GET /held HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  AwaitHeld();
  int second = Connect();
  std::string answer = Receive(second);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
  close(second);
  ConnectionCounts counts = server_->connections();
  EXPECT_EQ(counts.open, 1);
  EXPECT_EQ(counts.most, 1);
  EXPECT_EQ(counts.accepted, 1);
  EXPECT_EQ(counts.refused, 1);
  released_ = true;
  EXPECT_TRUE(Receive(first).starts_with("HTTP/1.1 200"));
  close(first);
  while (server_->connections().open > 0) std::this_thread::yield();
}

TEST_F(ServerTest, KeepsAsManyConnectionsAsItMayHoweverTheLoopsShareThem) {
  constexpr int kMost = 64;
  Begin({.workers = 2, .connections = kMost});
  std::vector<int> all;
  for (int i = 0; i < kMost; ++i) all.push_back(Connect());
  for (int round = 0; round < 2; ++round) {
    for (int fd : all) {
      Send(fd, "GET /kept HTTP/1.1\r\nHost: a\r\n\r\n");
      EXPECT_TRUE(Receive(fd, 12).starts_with("HTTP/1.1 200"));
    }
  }
  EXPECT_EQ(server_->connections().open, kMost);
  for (int fd : all) close(fd);
}

TEST_F(ServerTest, EndsByStopAloneWhereItHandlesNoSignals) {
  Begin({.handles_signals = false});
  int fd = Connect();
  Send(fd, kClose);
  EXPECT_TRUE(Receive(fd).starts_with("HTTP/1.1 200"));
  close(fd);
  struct sigaction now{};
  ASSERT_EQ(sigaction(SIGTERM, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

TEST_F(ServerTest, NamesAnAddressThatIsTaken) {
  Begin({});
  ServerOptions options;
  options.listen = server_->address();
  auto other = Server::Open(options, Make(), observer_);
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().kind, ErrorKind::kConflict);
  for (const char* bad : {"", "8080", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:-1", "nowhere:1", "[::1:1"}) {
    options.listen = bad;
    auto refused = Server::Open(options, Make(), observer_);
    ASSERT_FALSE(refused.has_value()) << bad;
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid) << bad;
  }
}

}  // namespace
}  // namespace ashlar::http
