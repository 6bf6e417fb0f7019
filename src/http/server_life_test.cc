// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>

#include "http/server_world_test.h"

namespace ashlar::http {
namespace {

class ServerLifeTest : public testing::Test, protected ServerWorld {};

TEST_F(ServerLifeTest, AcceptsAgainOnceThereAreDescriptors) {
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

TEST_F(ServerLifeTest, EndsAtOnceWhenStoppedBeforeItRuns) {
  auto server = Server::Open({.listen = "127.0.0.1:0", .workers = 2}, Make(), observer_);
  ASSERT_TRUE(server.has_value());
  (*server)->Stop();
  (*server)->Run();
  EXPECT_EQ(held_, 0);
}

TEST_F(ServerLifeTest, DrainsOnStop) {
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

TEST_F(ServerLifeTest, WaitsForADrainOnlySoLong) {
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

TEST_F(ServerLifeTest, EndsOnASignalAndAtOnceOnTheSecond) {
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

TEST_F(ServerLifeTest, CountsItsConnections) {
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

TEST_F(ServerLifeTest, KeepsAsManyConnectionsAsItMayHoweverTheLoopsShareThem) {
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

TEST_F(ServerLifeTest, EndsByStopAloneWhereItHandlesNoSignals) {
  Begin({.handles_signals = false});
  int fd = Connect();
  Send(fd, kClose);
  EXPECT_TRUE(Receive(fd).starts_with("HTTP/1.1 200"));
  close(fd);
  struct sigaction now{};
  ASSERT_EQ(sigaction(SIGTERM, nullptr, &now), 0);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

TEST_F(ServerLifeTest, NamesAnAddressThatIsTaken) {
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
