// SPDX-License-Identifier: Apache-2.0
#include "app/operator/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "app/operator/club_test.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

using json::Json;
using testing::HasSubstr;

const ReportProgress kNobody = [](size_t, size_t) { return true; };

class ChannelTest : public testing::Test, protected Club {
 protected:
  void Serve() {
    auto channel = OperatorChannel::Open(*runtime_, heard_);
    ASSERT_TRUE(channel) << channel.error().message;
    channel_ = std::move(*channel);
  }
  std::string socket_path() const { return path_ + ".sock"; }
  int Connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_path().c_str(), socket_path().size() + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  std::unique_ptr<OperatorChannel> channel_;
};

TEST_F(ChannelTest, NobodyAnswersWhereNobodyServes) {
  auto answer = AskServer(path_, Ask("user", {}), kNobody);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::kNotFound);
}

TEST_F(ChannelTest, AnswersLikeTheCommandItself) {
  Serve();
  struct stat status{};
  ASSERT_EQ(stat(socket_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  std::pair<size_t, size_t> progress;
  auto loaded = AskServer(path_, LoadRequest({{"rows.json", R"({"Team": [{"id": "red", "name": "Red"}]})"}}),
                          [&](size_t done, size_t total) {
                            progress = {done, total};
                            return true;
                          });
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->status, 0);
  EXPECT_EQ(loaded->out, "loaded 1 rows: 1 Team\n");
  EXPECT_EQ(progress, std::pair(size_t{1}, size_t{1}));
  auto wrong = AskServer(path_, LoadRequest({{"rows.json", R"({"Team": [{"id": "red", "name": "Red"}]})"}}), kNobody);
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->status, 2);
  EXPECT_THAT(wrong->err, HasSubstr("rows.json:1: Team[0] red"));
  channel_.reset();
  EXPECT_FALSE(std::filesystem::exists(socket_path()));
}

TEST_F(ChannelTest, EveryCommandIsObservedWithoutWhatItIsAbout) {
  Serve();
  auto ask = [&](const OperatorRequest& request) { return AskServer(path_, request, kNobody).value(); };
  ask(LoadRequest({{"rows.json", R"({"Team": [{"id": "red", "name": "Red"}, {"id": "blue", "name": "Blue"}]})"}}));
  ask(LoadRequest({{"rows.json", R"({"Team": [{"id": "red", "name": "Red"}, {"id": "-", "name": 5}]})"}}));
  ask(Ask("user", {{"what", Json("add")}, {"who", Json("ann@example.com")}, {"set", Texts({"displayName=A"})}}));
  ask(Ask(std::string(200, 'x').c_str(), {}));
  auto shown = [&](size_t which) {
    OperatorDone done = heard_.Command(which);
    return fmt::format("{} {} {} {}", done.command, done.outcome, done.counts.rows, done.counts.mistakes);
  };
  EXPECT_EQ(shown(0), "load done 2 0");
  EXPECT_TRUE(types::ParseUuid(heard_.Command(0).request_id));
  EXPECT_EQ(shown(1), "load refused 0 3");
  EXPECT_EQ(shown(2), "user add done 0 0");
  EXPECT_EQ(shown(3), std::string(40, 'x') + " refused 0 0");
}

TEST_F(ChannelTest, WhoGoesAwayWhileHisLoadRunsHasStoppedItAndOthersAreServedMeanwhile) {
  Serve();
  std::string rows;
  for (int i = 0; i < 50'000; ++i) rows += fmt::format("{{\"id\": \"t{}\", \"name\": \"T{}\"}}\n", i, i);
  OperatorRequest load = LoadRequest({{"Team.ndjson", rows}});
  bool served = false;
  auto stopped = AskServer(path_, load, [&](size_t done, size_t total) {
    if (total == 0 || done == 0) return true;
    served = AskServer(path_, Ask("user", {{"what", Json("list")}}), kNobody).has_value();
    return false;
  });
  EXPECT_FALSE(stopped);
  EXPECT_TRUE(served);
  EXPECT_EQ(heard_.Command(0).command, "user list");
  OperatorDone done = heard_.Command(1);
  EXPECT_EQ(done.outcome, "abandoned");
  EXPECT_EQ(done.counts.rows, 0u);
  EXPECT_EQ(Count("Team"), 0u);
}

TEST_F(ChannelTest, LoadsFollowEachOther) {
  Serve();
  std::vector<std::jthread> threads;
  std::atomic<int> loaded = 0;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&, i] {
      auto answer = AskServer(path_,
                              LoadRequest({{fmt::format("rows{}.json", i),
                                            fmt::format(R"({{"Team": [{{"id": "t{}", "name": "T{}"}}]}})", i, i)}}),
                              kNobody);
      loaded += answer && answer->status == 0 ? 1 : 0;
    });
  }
  threads.clear();
  EXPECT_EQ(loaded.load(), 12);
  EXPECT_EQ(Count("Team"), 12u);
}

TEST_F(ChannelTest, WhatADeadServerLeftIsReplaced) {
  std::ofstream(socket_path()) << "stale";
  Serve();
  EXPECT_TRUE(AskServer(path_, Ask("user", {{"what", Json("list")}}), kNobody));
}

TEST_F(ChannelTest, BrokenRequestsHarmNobody) {
  Serve();
  for (const std::string& bytes : {std::string("\xff\xff\xff\xff", 4), std::string("\0\0\0\5{\"a\"", 8),
                                   std::string("\0\0\0\2[}", 6), std::string("\0\0", 2), std::string()}) {
    int fd = Connect();
    ASSERT_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    shutdown(fd, SHUT_WR);
    char byte = 0;
    EXPECT_LE(read(fd, &byte, 1), 0);
    close(fd);
  }
  EXPECT_TRUE(AskServer(path_, Ask("user", {{"what", Json("list")}}), kNobody));
}

TEST_F(ChannelTest, AnOperatorWhoSaysNothingDoesNotKeepTheServerFromEnding) {
  Serve();
  int fd = Connect();
  ASSERT_EQ(write(fd, "\0", 1), 1);
  int64_t begun = SystemClock().SteadyMicros();
  channel_.reset();
  EXPECT_LT(SystemClock().SteadyMicros() - begun, 5'000'000);
  close(fd);
}

TEST_F(ChannelTest, ACommandAsksTheServerOrOpensTheStoreItself) {
  OperatorRequest list = Ask("user", {{"what", Json("list")}});
  Serve();
  EXPECT_EQ(RunAsOperator(contract_, {path_, ""}, list, kNobody).status, 0);
  channel_.reset();
  Close();
  EXPECT_EQ(RunAsOperator(contract_, {path_, ""}, list, kNobody).status, 0);
  Open();
}

TEST_F(ChannelTest, OnlyWhoOpensTheStoreNeedsTheWholeContract) {
  std::ofstream(contract_) << std::string(kContract).replace(std::string(kContract).find(":-Club"), 6, "");
  OperatorRequest list = Ask("user", {{"what", Json("list")}});
  Serve();
  EXPECT_EQ(RunAsOperator(contract_, {path_, ""}, list, kNobody).status, 0);
  channel_.reset();
  Close();
  EXPECT_EQ(RunAsOperator(contract_, {path_, ""}, list, kNobody).status, 2);
}

}  // namespace
}  // namespace ashlar::app
