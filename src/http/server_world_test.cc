// SPDX-License-Identifier: Apache-2.0
#include "http/server_world_test.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

namespace ashlar::http {
namespace {

class Echo final : public Handler {
 public:
  Echo(std::atomic<bool>* released, std::atomic<int>* held, std::atomic<int>* turns, std::atomic<int>* unseen)
      : released_(released), held_(held), turns_(turns), unseen_(unseen) {}

  Eventually<Response> Handle(const Request& request) override {
    std::string first = request.segments.empty() ? "" : request.segments[0];
    if (first == "throw") throw std::runtime_error("on purpose");
    if (first == "throw-int") throw 7;
    if (first == "evil") return Response{200, {{"X-Evil", "a\r\nb"}}, "evil"};
    if (first == "large") return Response{200, {}, std::string(request.body.size() * 1'000'000, 'x')};
    if (first == "slow" || first == "throw-later") return Later(request, first == "slow");
    if (first == "held") return Held(request);
    if (first == "stop") Stop();
    if (first == "busy") Spend(1000);
    return Answer(request);
  }
  std::optional<Response> Admit(const Request& head, const LagMeter& lag) override {
    if (head.target == "/busy" && !lag.under_way()) ++*unseen_;
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
  static void Spend(int64_t micros) {
    for (const Deadline end = Deadline::After(SystemClock(), micros); !end.Passed(SystemClock());) {
    }
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
  void Stop() {
    ++*held_;
    while (!*released_) std::this_thread::yield();
  }
  Task<Response> Held(const Request& request) {
    ++*held_;
    while (!*released_) co_await Pause();
    co_return Answer(request);
  }

  std::atomic<bool>* released_;
  std::atomic<int>* held_;
  std::atomic<int>* turns_;
  std::atomic<int>* unseen_;
};

}  // namespace

void ServerWorld::Begin(ServerOptions options) {
  options.listen = "127.0.0.1:0";
  auto server = Server::Open(options, Make(), observer_);
  ASSERT_TRUE(server.has_value()) << server.error().message;
  server_ = std::move(*server);
  thread_ = std::thread([this] { server_->Run(); });
}

ServerWorld::~ServerWorld() {
  if (server_ != nullptr) server_->Stop();
  if (thread_.joinable()) thread_.join();
}

HandlerFactory ServerWorld::Make() {
  return [this](boost::asio::io_context&) { return std::make_unique<Echo>(&released_, &held_, &turns_, &unseen_); };
}

void ServerWorld::AwaitHeld() const {
  while (held_ == 0) std::this_thread::yield();
}

int ServerWorld::Connect() { return Connect(socket(AF_INET, SOCK_STREAM, 0)); }

int ServerWorld::Connect(int fd) {
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

void ServerWorld::Send(int fd, std::string_view bytes) {
  EXPECT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

std::string ServerWorld::Receive(int fd, size_t bytes) {
  std::string all;
  char buffer[4096];
  while (all.size() < bytes) {
    ssize_t size = recv(fd, buffer, sizeof buffer, 0);
    if (size <= 0) break;
    all.append(buffer, static_cast<size_t>(size));
  }
  return all;
}

std::string ServerWorld::Exchange(std::string_view bytes) {
  int fd = Connect();
  Send(fd, bytes);
  std::string answer = Receive(fd);
  close(fd);
  return answer;
}

size_t ServerWorld::CountOf(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace ashlar::http
