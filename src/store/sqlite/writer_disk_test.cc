// SPDX-License-Identifier: Apache-2.0
// The writer when the disk is full or fails: what is lost, what is said of it, and what is taken from then on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "call/storage.h"
#include "store/sqlite/writer_world_test.h"

namespace ashlar::store::sqlite {
namespace {

class WriterDiskTest : public testing::Test, protected WriterWorld {};

// Files of this process cannot grow beyond a limit: the disk of this test.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit small = before_;
    small.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }

 private:
  void (*signal_)(int);
  rlimit before_{};
};

TEST_F(WriterDiskTest, AFeedWhoseGroupIsLostIsDoneAgainFromItsStart) {
  ASSERT_TRUE(connection_->QueryText("PRAGMA max_page_count = 40"));
  Begin();
  Again feed;
  feed.bodies = {"one", "two"};
  feed.make = [this](const std::string& name) { return std::move(Make(name, name)->unit.plans[0]); };
  std::vector<std::unique_ptr<Sent>> all;
  all.push_back(std::make_unique<Sent>(clock_, notes_));
  all[0]->unit.feed = &feed;
  all.push_back(Make("b", "large", 900'000));
  ASSERT_TRUE(SendTogether(all));
  EXPECT_TRUE(all[0]->Wait());
  EXPECT_FALSE(all[1]->Wait());
  EXPECT_EQ(feed.starts, 2);
  EXPECT_EQ(Names(), "first one two");
}

TEST_F(WriterDiskTest, AUnitThatIsToBeAloneAndFillsTheDiskIsLostAlone) {
  ASSERT_TRUE(connection_->QueryText("PRAGMA max_page_count = 40"));
  Begin();
  Held feed;
  feed.plans.push_back(std::move(Make("a", "small")->unit.plans[0]));
  feed.plans.push_back(std::move(Make("b", "large", 900'000)->unit.plans[0]));
  Sent load(clock_, notes_);
  load.unit.feed = &feed;
  load.unit.alone = true;
  feed.go.set_value();
  ASSERT_TRUE(Submit(load));
  auto lost = load.Wait();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(notes_.events(), testing::ElementsAre("store.commit"));
  auto next = Make("c", "next");
  ASSERT_TRUE(Submit(*next));
  EXPECT_TRUE(next->Wait());
  EXPECT_EQ(Names(), "next");
  EXPECT_FALSE(writer_->broken());
}

TEST_F(WriterDiskTest, WhenTheDiskIsFullOneUnitIsLostAndTheOthersAreDoneAgain) {
  ASSERT_TRUE(connection_->QueryText("PRAGMA max_page_count = 40"));
  Begin();
  std::vector<std::unique_ptr<Sent>> all;
  all.push_back(Make("a", "before"));
  all.push_back(Make("b", "large", 900'000));
  all.push_back(Make("c", "behind"));
  ASSERT_TRUE(SendTogether(all));
  EXPECT_TRUE(all[0]->Wait());
  auto large = all[1]->Wait();
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind, ErrorKind::kUnavailable);
  EXPECT_TRUE(all[2]->Wait());
  EXPECT_EQ(Names(), "before behind first");
  EXPECT_FALSE(writer_->broken());
  EXPECT_THAT(notes_.events(), testing::Each("store.commit"));
}

TEST_F(WriterDiskTest, WhenTheDiskFailsTheStoreIsReadOnly) {
  Begin();
  auto first = Make("a", "kept");
  ASSERT_TRUE(Submit(*first));
  ASSERT_TRUE(first->Wait());
  {
    SmallDisk disk(std::filesystem::file_size(path_ + "-wal"));
    std::vector<std::unique_ptr<Sent>> all;
    for (const char* id : {"b", "c"}) all.push_back(Make(id, id));
    ASSERT_TRUE(Submit(*all[0]));
    EXPECT_EQ(all[0]->Wait().error().message, call::kStorageFailedMeanwhile) << "it may be in the log, whole";
    ASSERT_TRUE(Submit(*all[1]));
    EXPECT_EQ(all[1]->Wait().error().message, call::kStorageFailed);
  }
  EXPECT_TRUE(writer_->broken());
  auto later = Make("d", "later");
  ASSERT_TRUE(Submit(*later));
  EXPECT_EQ(later->Wait().error().message, call::kStorageFailed);
  Sent alone(clock_, notes_);
  Again feed;
  alone.unit.feed = &feed;
  alone.unit.alone = true;
  ASSERT_TRUE(Submit(alone));
  EXPECT_EQ(alone.Wait().error().message, call::kStorageFailed);
  EXPECT_EQ(Names(), "kept");
  EXPECT_THAT(notes_.events(), testing::ElementsAre("store.read_only", "store.commit"));
  writer_.reset();
  EXPECT_TRUE(std::filesystem::exists(path_ + "-wal")) << "the log stays for the next start";
}

TEST_F(WriterDiskTest, ACheckpointThatFailsIsDamage) {
  ASSERT_TRUE(connection_->Execute("CREATE TABLE large (text TEXT); INSERT INTO large VALUES (zeroblob(900000))"));
  {
    SmallDisk disk(100'000);
    auto failed = connection_->Checkpoint(Connection::Checkpoints::kPassive);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, ErrorKind::kUnavailable);
  }
  EXPECT_TRUE(connection_->damaged());
  Begin();
  auto unit = Make("a", "committed");
  ASSERT_TRUE(Submit(*unit));
  EXPECT_TRUE(unit->Wait()) << "it is in the log, which was synced";
  auto later = Make("b", "later");
  ASSERT_TRUE(Submit(*later));
  EXPECT_EQ(later->Wait().error().message, call::kStorageFailed);
  EXPECT_EQ(Names(), "committed");
}

}  // namespace
}  // namespace ashlar::store::sqlite
