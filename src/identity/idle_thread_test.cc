// SPDX-License-Identifier: Apache-2.0
#include "identity/idle_thread.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <future>
#include <thread>

#include "base/crypto/argon2.h"

namespace ashlar::identity {
namespace {

using Answer = std::optional<std::string>;
using namespace std::chrono_literals;

// A work that ends when it is let go.
struct Held {
  std::shared_ptr<std::promise<void>> go_on = std::make_shared<std::promise<void>>();
  std::shared_ptr<std::promise<void>> begun = std::make_shared<std::promise<void>>();
  std::shared_ptr<std::promise<void>> ended = std::make_shared<std::promise<void>>();
  std::function<std::string()> work = [begin = begun, on = go_on, end = ended] {
    begin->set_value();
    on->get_future().wait();
    end->set_value();
    return std::string("held");
  };
};

TEST(IdleThreadTest, DoesWhatItIsAskedInTheIdleClass) {
  IdleThread idle;
  EXPECT_EQ(idle.Ask([] { return std::to_string(sched_getscheduler(0)); }, 10s), std::to_string(SCHED_IDLE));
  EXPECT_EQ(idle.Ask([] { return "second"; }, 10s), "second");
}

TEST(IdleThreadTest, WhatTakesTooLongIsGivenUpAndNeverAnswersForAnother) {
  IdleThread idle;
  Held held;
  EXPECT_EQ(idle.Ask(held.work, 1ms), std::nullopt);
  EXPECT_EQ(idle.Ask([] { return "early"; }, 10s), std::nullopt);  // at once: it is not done
  held.go_on->set_value();
  held.ended->get_future().wait();
  Answer answer;
  while (!answer) {
    std::this_thread::yield();
    answer = idle.Ask([] { return "next"; }, 10s);
  }
  EXPECT_EQ(answer, "next");
}

TEST(IdleThreadTest, EndsWithoutWaitingForWhatItDoes) {
  Held held;
  {
    IdleThread idle;
    EXPECT_EQ(idle.Ask(held.work, 1ms), std::nullopt);
    held.begun->get_future().wait();
  }
  held.go_on->set_value();
  EXPECT_EQ(held.ended->get_future().wait_for(10s), std::future_status::ready);
}

TEST(IdleThreadTest, HashesInMemoryThatIsKept) {
  IdleThread idle;
  for (const char* password : {"correct", "horse", "battery"}) {
    auto hash = idle.Ask([password] { return HashPassword(password); }, 10s);
    ASSERT_TRUE(hash);
    EXPECT_TRUE(VerifyPassword(password, *hash));
    EXPECT_FALSE(VerifyPassword("staple", *hash));
  }
}

}  // namespace
}  // namespace ashlar::identity
