// SPDX-License-Identifier: Apache-2.0
// One thread writes: what is committed together, what is lost alone.
#include "store/sqlite/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/sqlite/writer_world_test.h"

namespace ashlar::store::sqlite {
namespace {

class WriterTest : public testing::Test, protected WriterWorld {};

// A clock that tests move.
struct Hand final : Clock {
  int64_t NowMicros() const override { return at; }
  int64_t SteadyMicros() const override { return at; }
  std::atomic<int64_t> at = 1;
};

TEST_F(WriterTest, UnitsThatWaitAreCommittedTogetherAndAnsweredBehindTheCommit) {
  Begin();
  std::vector<std::unique_ptr<Sent>> all;
  for (int i = 0; i < 9; ++i) all.push_back(Make(fmt::format("t{}", i), fmt::format("n{}", i)));
  ASSERT_TRUE(SendTogether(all));
  for (auto& one : all) {
    auto outcomes = one->Wait();
    ASSERT_TRUE(outcomes) << outcomes.error().message;
    EXPECT_TRUE(outcomes->at(0));
    EXPECT_EQ(one->commits_when_answered, 2u);
  }
  EXPECT_EQ(Names(), "first n0 n1 n2 n3 n4 n5 n6 n7 n8");
}

TEST_F(WriterTest, WhatAGroupHasNoTimeForIsSeenToWaitTheNextTime) {
  Begin();
  Hand hand;
  std::array<Held, 4> feeds;
  std::vector<std::unique_ptr<Sent>> all;
  auto send = [&](Held* feed) {
    all.push_back(std::make_unique<Sent>(hand, notes_));
    all.back()->unit.feed = feed;
    if (feed == nullptr) all.back()->unit.plans = std::move(Make("a", "a" + std::to_string(all.size()))->unit.plans);
    ASSERT_TRUE(Submit(*all.back()));
  };
  send(&feeds[0]);
  feeds[0].begun.get_future().wait();
  send(&feeds[1]);
  send(nullptr);
  feeds[0].go.set_value();
  feeds[1].begun.get_future().wait();
  send(&feeds[2]);
  send(&feeds[3]);
  EXPECT_EQ(writer_->waiting().jobs, 2);
  hand.at += 5000;  // a group's time is over
  feeds[1].go.set_value();
  feeds[2].begun.get_future().wait();
  EXPECT_EQ(writer_->waiting().jobs, 1) << "groups have time for one";
  hand.at += 700;
  feeds[2].go.set_value();
  feeds[3].begun.get_future().wait();
  EXPECT_EQ(writer_->group_us(), 700);
  feeds[3].go.set_value();
  for (auto& one : all) EXPECT_TRUE(one->Wait());
  writer_->Close();  // it reads the clock behind its answers
}

TEST_F(WriterTest, ARefusedUnitOfAGroupLeavesNothingAndTheOthersStay) {
  Begin();
  std::vector<std::unique_ptr<Sent>> all;
  all.push_back(Make("a", "same"));
  all.push_back(Make("b", "same"));
  all.push_back(Make("c", "other"));
  all.push_back(Make("d", "discarded"));
  all[3]->unit.discard = true;
  ASSERT_TRUE(SendTogether(all));
  EXPECT_TRUE(all[0]->Wait()->at(0));
  auto refused = all[1]->Wait();
  ASSERT_TRUE(refused);
  ASSERT_FALSE(refused->at(0));
  EXPECT_EQ(refused->at(0).error().code, call::Code::kConflict);
  EXPECT_TRUE(all[2]->Wait()->at(0));
  EXPECT_TRUE(all[3]->Wait()->at(0));
  EXPECT_EQ(Names(), "first other same");
}

TEST_F(WriterTest, AUnitThatCollectsRunsAllOfItsPlans) {
  Begin();
  auto unit = Make("a", "one");
  for (const char* name : {"one", "two"}) unit->unit.plans.push_back(std::move(Make(name, name)->unit.plans[0]));
  unit->unit.collect_all = true;
  ASSERT_TRUE(Submit(*unit));
  auto outcomes = unit->Wait();
  ASSERT_TRUE(outcomes);
  ASSERT_EQ(outcomes->size(), 3u);
  EXPECT_TRUE(outcomes->at(0));
  EXPECT_FALSE(outcomes->at(1));
  EXPECT_TRUE(outcomes->at(2));
  EXPECT_EQ(Names(), "");
}

TEST_F(WriterTest, AUnitThatStopsRunsNoPlanBehindTheRefusedOne) {
  Begin();
  auto unit = Make("a", "one");
  for (const char* name : {"one", "two"}) unit->unit.plans.push_back(std::move(Make(name, name)->unit.plans[0]));
  ASSERT_TRUE(Submit(*unit));
  EXPECT_EQ(unit->Wait()->size(), 2u);
  EXPECT_EQ(Names(), "");
}

TEST_F(WriterTest, AUnitWhoseDeadlineHasPassedIsNotBegun) {
  Begin();
  std::vector<std::unique_ptr<Sent>> all;
  all.push_back(Make("late", "late"));
  all.push_back(Make("b", "other"));
  all[0]->context.deadline = Deadline{1};
  ASSERT_TRUE(SendTogether(all));
  auto late = all[0]->Wait();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::kTimeout);
  EXPECT_TRUE(all[1]->Wait());
  EXPECT_EQ(Names(), "first other");
}

TEST_F(WriterTest, AUnitThatIsToBeAloneIsCommittedByItselfInOrderWithTheOthers) {
  Begin();
  Held feed;
  for (const char* name : {"one", "two"}) feed.plans.push_back(std::move(Make(name, name)->unit.plans[0]));
  std::vector<std::unique_ptr<Sent>> all;
  all.push_back(Make("a", "before"));
  all.push_back(std::make_unique<Sent>(clock_, notes_));
  all[1]->unit.feed = &feed;
  all[1]->unit.alone = true;
  all.push_back(Make("b", "behind"));
  feed.go.set_value();
  ASSERT_TRUE(SendTogether(all));
  for (auto& one : all) ASSERT_TRUE(one->Wait());
  EXPECT_EQ(all[0]->commits_when_answered, 2u);
  EXPECT_EQ(all[1]->commits_when_answered, 3u);
  EXPECT_EQ(all[2]->commits_when_answered, 4u);
  EXPECT_EQ(Names(), "before behind first one two");
}

TEST_F(WriterTest, NothingRemainsOfAFeedThatIsRefusedOrDiscarded) {
  Begin();
  for (bool discard : {false, true}) {
    Held feed;
    for (const char* name : {"one", discard ? "two" : "one", "three"}) {
      feed.plans.push_back(std::move(Make(name, name)->unit.plans[0]));
    }
    Sent sent(clock_, notes_);
    sent.unit.feed = &feed;
    sent.unit.alone = true;
    sent.unit.discard = discard;
    feed.go.set_value();
    ASSERT_TRUE(Submit(sent));
    ASSERT_TRUE(sent.Wait());
    EXPECT_EQ(feed.well, discard);
    EXPECT_EQ(feed.next, 3u);
    EXPECT_EQ(Names(), "");
  }
}

TEST_F(WriterTest, WhoWaitsForAFeedIsToldAtTheDeadlineThatTheStoreIsBusy) {
  Begin();
  Held feed;
  feed.plans.push_back(std::move(Make("one", "one")->unit.plans[0]));
  Sent load(SystemClock(), notes_);
  load.unit.feed = &feed;
  load.unit.alone = true;
  ASSERT_TRUE(Submit(load));
  feed.begun.get_future().wait();
  auto late = Make("late", "late");
  auto patient = Make("patient", "patient");
  late->context.deadline = Deadline{0};
  ASSERT_TRUE(Submit(*patient));
  ASSERT_TRUE(Submit(*late));
  auto told = late->Wait();  // while the feed is held
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().kind, ErrorKind::kUnavailable);
  feed.go.set_value();
  EXPECT_TRUE(load.Wait());
  EXPECT_TRUE(patient->Wait());
  EXPECT_EQ(Names(), "one patient");
}

TEST_F(WriterTest, FeedsThatShareAreCommittedWithTheOthersAndLostAlone) {
  Begin();
  std::vector<Again> feeds(3);
  feeds[0].bodies = {"one", "two"};
  feeds[1].bodies = {"three", "one"};  // refused: taken
  feeds[2].bodies = {"four"};          // discarded
  std::vector<std::unique_ptr<Sent>> all;
  all.push_back(Make("a", "before"));
  for (Again& feed : feeds) {
    feed.make = [this](const std::string& name) { return std::move(Make(name, name)->unit.plans[0]); };
    all.push_back(std::make_unique<Sent>(clock_, notes_));
    all.back()->unit.feed = &feed;
  }
  all[3]->unit.discard = true;
  all.push_back(Make("b", "behind"));
  ASSERT_TRUE(SendTogether(all));
  for (auto& one : all) {
    ASSERT_TRUE(one->Wait());
    EXPECT_EQ(one->commits_when_answered, 2u);
  }
  EXPECT_TRUE(feeds[0].well);
  EXPECT_FALSE(feeds[1].well);
  EXPECT_TRUE(feeds[2].well);
  EXPECT_EQ(Names(), "before behind first one two");
}

TEST_F(WriterTest, AGroupThatAUnitSpoilsIsDoneAgainAndTheNextOnesTakeCare) {
  Begin();
  Again well, spoils;
  well.bodies = {"well"};
  spoils.bodies = {"new", "first"};  // the second is taken, when the first is written
  for (Again* feed : {&well, &spoils}) {
    feed->make = [this](const std::string& name) { return std::move(Make(name, name)->unit.plans[0]); };
  }
  for (int starts : {2, 3}) {
    well.bodies = {fmt::format("well{}", starts)};
    std::vector<std::unique_ptr<Sent>> all;
    for (Again* feed : {&well, &spoils}) {
      all.push_back(std::make_unique<Sent>(clock_, notes_));
      all.back()->unit.feed = feed;
    }
    all.push_back(Make(fmt::format("t{}", starts), fmt::format("behind{}", starts)));
    ASSERT_TRUE(SendTogether(all));
    for (auto& one : all) ASSERT_TRUE(one->Wait());
    EXPECT_EQ(well.starts, starts);
    EXPECT_EQ(spoils.starts, starts);
    EXPECT_TRUE(well.well);
    EXPECT_FALSE(spoils.well);
  }
  EXPECT_EQ(Names(), "behind2 behind3 first well2 well3");
}

// SQLite 3.40 may spoil the log there, for all that is committed later (docs/decisions/0026).
TEST_F(WriterTest, NoSavepointIsTakenBackOncePagesDidNotFitTheCache) {
  ASSERT_TRUE(connection_->Execute("PRAGMA cache_size=10; PRAGMA cache_spill=10"));
  Begin();
  Again well, large;
  well.bodies = {"well"};
  for (int i = 0; i < 100; ++i) large.bodies.push_back(fmt::format("large{}", i));
  large.bodies.push_back("first");  // which is taken
  well.make = [this](const std::string& name) { return std::move(Make(name, name)->unit.plans[0]); };
  large.make = [this](const std::string& name) { return std::move(Make(name, name, 3000)->unit.plans[0]); };
  std::vector<std::unique_ptr<Sent>> all;
  for (Again* feed : {&well, &large}) {
    all.push_back(std::make_unique<Sent>(clock_, notes_));
    all.back()->unit.feed = feed;
  }
  all.push_back(Make("behind", "behind"));
  ASSERT_TRUE(SendTogether(all));
  for (auto& one : all) ASSERT_TRUE(one->Wait());
  EXPECT_EQ(large.starts, 3) << "at once, in a savepoint, by itself";
  EXPECT_FALSE(large.well);
  auto last = Make("last", "last");
  ASSERT_TRUE(Submit(*last));
  ASSERT_TRUE(last->Wait());
  EXPECT_EQ(Names(), "behind first last well");
  EXPECT_EQ(NamesAfterAKill(), "behind first last well");
}

TEST_F(WriterTest, AUnitThatIsRefusedBeforeItWroteCostsItsGroupNothing) {
  Begin();
  Again well, refused;
  well.bodies = {"well"};
  refused.bodies = {"first"};
  for (Again* feed : {&well, &refused}) {
    feed->make = [this](const std::string& name) { return std::move(Make(name, name)->unit.plans[0]); };
  }
  std::vector<std::unique_ptr<Sent>> all;
  for (Again* feed : {&well, &refused}) {
    all.push_back(std::make_unique<Sent>(clock_, notes_));
    all.back()->unit.feed = feed;
  }
  ASSERT_TRUE(SendTogether(all));
  for (auto& one : all) ASSERT_TRUE(one->Wait());
  EXPECT_EQ(well.starts, 1);
  EXPECT_EQ(refused.starts, 1);
  EXPECT_FALSE(refused.well);
  EXPECT_EQ(Names(), "first well");
}

TEST_F(WriterTest, TakesNoMoreOnceItIsClosedButFinishesWhatItHas) {
  Begin();
  auto held = Make("a", "held");
  auto queued = Make("b", "queued");
  clock_.Shut();
  ASSERT_TRUE(Submit(*held));
  clock_.AwaitHeld();
  ASSERT_TRUE(Submit(*queued));
  clock_.Open();
  writer_->Close();
  EXPECT_TRUE(held->Wait());
  EXPECT_TRUE(queued->Wait());
  EXPECT_FALSE(Submit(*Make("c", "late")));
  EXPECT_EQ(Names(), "held queued");
}

TEST_F(WriterTest, TheLogIsMovedIntoTheDatabaseOnceItIsLong) {
  Begin();
  int rows = 0;
  auto write = [&] {
    auto one = Make(fmt::format("t{}", rows), fmt::format("n{}", rows), 1'000'000);
    ++rows;
    return Submit(*one) && one->Wait();
  };
  // When nobody waits, which the next write may be quicker than.
  while (std::filesystem::file_size(path_) < 4'000'000 && rows < 60) ASSERT_TRUE(write());
  ASSERT_GE(std::filesystem::file_size(path_), 4'000'000u);
  ASSERT_GE(rows, 4);
  const auto log = std::filesystem::file_size(path_ + "-wal");
  ASSERT_TRUE(write());
  EXPECT_EQ(std::filesystem::file_size(path_ + "-wal"), log);  // it began anew
}

}  // namespace
}  // namespace ashlar::store::sqlite
