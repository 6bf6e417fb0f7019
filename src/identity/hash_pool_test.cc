// SPDX-License-Identifier: Apache-2.0
#include "identity/hash_pool.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <future>

#include "base/await.h"

// After base/await.h.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace ashlar::identity {
namespace {

using Answer = std::optional<std::string>;

class HashPoolTest : public testing::Test {
 protected:
  // Begins it, as far as the loop comes without waiting.
  void Begin(HashPool& pool, std::function<std::string()> work, bool aside = false) {
    auto task = aside ? pool.RunAside(std::move(work)) : pool.Run(std::move(work));
    boost::asio::co_spawn(loop_, std::move(task), [this](std::exception_ptr, Answer answer) {
      EXPECT_EQ(std::this_thread::get_id(), own_);
      answers_.push_back(std::move(answer));
    });
    loop_.restart();
    loop_.poll();
  }
  // A work that answers "first" once it is let go; it has begun.
  void Hold(HashPool& pool, std::promise<void>& go_on) {
    auto begun = std::make_shared<std::promise<void>>();
    Begin(pool, [begun, &go_on] {
      begun->set_value();
      go_on.get_future().wait();
      return "first";
    });
    begun->get_future().wait();
  }
  void RunUntil(size_t answers) {
    while (answers_.size() < answers) {
      loop_.restart();
      loop_.run_one();
    }
  }

  const std::thread::id own_ = std::this_thread::get_id();
  boost::asio::io_context loop_;
  std::vector<Answer> answers_;
};

TEST_F(HashPoolTest, WorksElsewhereAndAnswersOnTheLoop) {
  HashPool pool(2, 8);
  Begin(pool, [this] { return std::this_thread::get_id() == own_ ? "here" : "elsewhere"; });
  RunUntil(1);
  EXPECT_EQ(answers_[0], "elsewhere");
}

TEST_F(HashPoolTest, WhoComesBeyondThoseWhoMayWaitIsToldAtOnce) {
  HashPool pool(1, 2);
  std::promise<void> go_on;
  Hold(pool, go_on);
  Begin(pool, [] { return "second"; });
  Begin(pool, [] { return "third"; });
  EXPECT_TRUE(answers_.empty());
  Begin(pool, [] { return "fourth"; });
  RunUntil(1);
  EXPECT_EQ(answers_, std::vector<Answer>{std::nullopt});
  EXPECT_EQ(pool.counts().waiting, 2);
  EXPECT_EQ(pool.counts().refused, 1);
  go_on.set_value();
  RunUntil(4);
  EXPECT_EQ(pool.counts().waiting, 0);
  EXPECT_EQ(answers_, (std::vector<Answer>{std::nullopt, "first", "second", "third"}));
}

TEST_F(HashPoolTest, WhatWaitsWhenItClosesIsNotDone) {
  HashPool pool(1, 1'000'000);
  std::promise<void> go_on;
  Hold(pool, go_on);
  size_t asked = 1;
  std::thread closing([&] { pool.Close(); });
  for (; answers_.empty(); ++asked) Begin(pool, [] { return "another"; });  // until it takes no more
  go_on.set_value();
  closing.join();
  RunUntil(asked);
  EXPECT_EQ(std::ranges::count(answers_, Answer("first")), 1);
  EXPECT_EQ(std::ranges::count(answers_, Answer()), static_cast<int64_t>(asked) - 1);
}

TEST_F(HashPoolTest, WhatComesToNothingAsideIsDoneAgainAndHoldsUpNobody) {
  HashPool pool(1, 8);
  auto go_on = std::make_shared<std::promise<void>>();
  Begin(
      pool,
      [go_on] {
        if (sched_getscheduler(0) != SCHED_IDLE) return std::string("again");
        go_on->get_future().wait();
        return std::string("aside");
      },
      true);
  RunUntil(1);
  Begin(pool, [] { return "next"; }, true);
  RunUntil(2);
  EXPECT_EQ(answers_, (std::vector<Answer>{"again", "next"}));
  pool.Close();
  go_on->set_value();
}

}  // namespace
}  // namespace ashlar::identity
