// SPDX-License-Identifier: Apache-2.0
// One thread writes: what is committed together, what is lost alone, what happens when the disk is full or fails.
#include "store/sqlite/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <future>

#include "contract/contract.h"
#include "plan/planner.h"
#include "store/sql/schema.h"

namespace ashlar::store::sqlite {
namespace {

constexpr const char* kContract = R"(
service: writing
resources:
  Thing:
    id: string
    fields:
      name: { type: string!, unique: true }
      text: text
    access: { read: public, write: public }
)";

std::shared_ptr<const model::Service> Compiled() {
  std::vector<contract::Source> sources{{"test.yaml", kContract}};
  auto compiled = contract::Compile(sources, {});
  if (!compiled) ADD_FAILURE() << contract::Render(compiled.error(), false);
  return compiled.value();
}

// Holds every thread but its maker's that asks for the time, until it is opened.
class Gate final : public Clock {
 public:
  int64_t NowMicros() const override { return 1; }
  int64_t SteadyMicros() const override {
    std::unique_lock lock(mutex_);
    if (std::this_thread::get_id() == maker_) return 1;
    held_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !shut_; });
    return 1;
  }
  void Shut() {
    std::lock_guard lock(mutex_);
    shut_ = true;
    held_ = false;
  }
  void AwaitHeld() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return held_; });
  }
  void Open() {
    std::lock_guard lock(mutex_);
    shut_ = false;
    changed_.notify_all();
  }

 private:
  const std::thread::id maker_ = std::this_thread::get_id();
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable bool held_ = false;
  bool shut_ = false;
};

class Notes final : public Observer {
 public:
  void Observe(const Observation& observation) override {
    std::lock_guard lock(mutex_);
    if (const auto* note = std::get_if<Note>(&observation)) events_.push_back(note->event);
  }
  std::vector<std::string> events() const {
    std::lock_guard lock(mutex_);
    return events_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> events_;
};

// A unit on its way through the writer.
struct Sent {
  explicit Sent(const Clock& clock, Observer& observer)
      : context{.request_id = "t", .clock = clock, .observer = observer} {}
  Context context;
  Unit unit;
  std::promise<Result<Outcomes>> promise;
  uint64_t commits_when_answered = 0;
  Result<Outcomes> Wait() { return promise.get_future().get(); }
};

class WriterTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "ashlar_writer_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ / "store.db";
    auto opened = Connection::Open(path_, Connection::Role::kWriter);
    ASSERT_TRUE(opened) << opened.error().message;
    for (const std::string& statement : sql::CreateAll(*service_)) ASSERT_TRUE((*opened)->Execute(statement));
    connection_ = std::move(*opened);
  }
  void TearDown() override {
    writer_.reset();
    std::filesystem::remove_all(folder_);
  }
  void Begin() { writer_ = std::make_unique<Writer>(std::move(connection_), *service_, notes_); }

  std::unique_ptr<Sent> Make(const std::string& id, const std::string& name, size_t text = 0) {
    auto sent = std::make_unique<Sent>(clock_, notes_);
    call::Call call;
    call.operation = service_->FindOperation(service_->FindResource("Thing"), model::OperationKind::kCreate);
    call.body = json::Json(
        json::Object{{"id", json::Json(id)}, {"name", json::Json(name)}, {"text", json::Json(std::string(text, 'x'))}});
    call::Caller caller{.kind = call::Caller::Kind::kOperator, .principal = {}, .id = "operator"};
    auto plan = planner_.MakePlan(call, caller, sent->context);
    if (!plan) ADD_FAILURE() << plan.error().message;
    sent->unit.plans.push_back(std::move(*plan));
    return sent;
  }
  bool Submit(Sent& sent) {
    Job job{&sent.context, &sent.unit, [this, &sent](Result<Outcomes> outcomes) {
              sent.commits_when_answered = writer_->commits();
              sent.promise.set_value(std::move(outcomes));
            }};
    return writer_->Submit(job);
  }
  // Makes these one group: they queue up behind a unit that is held meanwhile.
  void SendTogether(std::vector<std::unique_ptr<Sent>>& all) {
    auto first = Make("first", "first");
    clock_.Shut();
    ASSERT_TRUE(Submit(*first));
    clock_.AwaitHeld();
    for (auto& one : all) ASSERT_TRUE(Submit(*one));
    clock_.Open();
    ASSERT_TRUE(first->Wait());
  }

  std::string Names() {
    auto reader = Connection::Open(path_, Connection::Role::kReader);
    if (!reader) return reader.error().message;
    auto names = (*reader)->QueryText("SELECT group_concat(name, ' ') FROM (SELECT name FROM things ORDER BY name)");
    return names ? names->value_or("") : names.error().message;
  }

  std::shared_ptr<const model::Service> service_ = Compiled();
  plan::Planner planner_{*service_, {}};
  Gate clock_;
  Notes notes_;
  std::filesystem::path folder_;
  std::string path_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Writer> writer_;
};

TEST_F(WriterTest, UnitsThatWaitAreCommittedTogetherAndAnsweredBehindTheCommit) {
  Begin();
  std::vector<std::unique_ptr<Sent>> all;
  for (int i = 0; i < 9; ++i) all.push_back(Make(fmt::format("t{}", i), fmt::format("n{}", i)));
  SendTogether(all);
  for (auto& one : all) {
    auto outcomes = one->Wait();
    ASSERT_TRUE(outcomes) << outcomes.error().message;
    EXPECT_TRUE(outcomes->at(0));
    EXPECT_EQ(one->commits_when_answered, 2u);
  }
  EXPECT_EQ(Names(), "first n0 n1 n2 n3 n4 n5 n6 n7 n8");
}

TEST_F(WriterTest, ARefusedUnitOfAGroupLeavesNothingAndTheOthersStay) {
  Begin();
  std::vector<std::unique_ptr<Sent>> all;
  all.push_back(Make("a", "same"));
  all.push_back(Make("b", "same"));
  all.push_back(Make("c", "other"));
  all.push_back(Make("d", "discarded"));
  all[3]->unit.discard = true;
  SendTogether(all);
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
  SendTogether(all);
  auto late = all[0]->Wait();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::kTimeout);
  EXPECT_TRUE(all[1]->Wait());
  EXPECT_EQ(Names(), "first other");
}

// Gives the plans of some units; holds the writer at the first until it is let go.
struct Held final : Feed {
  void Start() override { next = 0; }
  Result<std::optional<plan::Plan>> Next() override {
    if (next == 0) {
      begun.set_value();
      go.get_future().wait();
    }
    if (next < plans.size()) return std::move(plans[next++]);
    return std::nullopt;
  }
  void Answered(call::Answer<call::Outcome> answer) override { well = well && answer.has_value(); }
  bool AllWell() const override { return well; }
  std::vector<plan::Plan> plans;
  size_t next = 0;
  bool well = true;
  std::promise<void> begun, go;
};

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
  SendTogether(all);
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

// Makes the same creations each time that it is asked from the start.
struct Again final : Feed {
  void Start() override {
    ++starts;
    next = 0;
    well = true;
  }
  Result<std::optional<plan::Plan>> Next() override {
    if (next == bodies.size() || !well) return std::nullopt;
    return make(bodies[next++]);
  }
  void Answered(call::Answer<call::Outcome> answer) override { well = well && answer.has_value(); }
  bool AllWell() const override { return well; }
  std::function<plan::Plan(const std::string&)> make;
  std::vector<std::string> bodies;
  size_t next = 0;
  int starts = 0;
  bool well = true;
};

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
  SendTogether(all);
  for (auto& one : all) {
    ASSERT_TRUE(one->Wait());
    EXPECT_EQ(one->commits_when_answered, 2u);
  }
  EXPECT_TRUE(feeds[0].well);
  EXPECT_FALSE(feeds[1].well);
  EXPECT_TRUE(feeds[2].well);
  EXPECT_EQ(Names(), "before behind first one two");
}

TEST_F(WriterTest, AFeedWhoseGroupIsLostIsDoneAgainFromItsStart) {
  ASSERT_TRUE(connection_->QueryText("PRAGMA max_page_count = 40"));
  Begin();
  Again feed;
  feed.bodies = {"one", "two"};
  feed.make = [this](const std::string& name) { return std::move(Make(name, name)->unit.plans[0]); };
  std::vector<std::unique_ptr<Sent>> all;
  all.push_back(std::make_unique<Sent>(clock_, notes_));
  all[0]->unit.feed = &feed;
  all.push_back(Make("b", "large", 900'000));
  SendTogether(all);
  EXPECT_TRUE(all[0]->Wait());
  EXPECT_FALSE(all[1]->Wait());
  EXPECT_EQ(feed.starts, 2);
  EXPECT_EQ(Names(), "first one two");
}

TEST_F(WriterTest, AUnitThatIsToBeAloneAndFillsTheDiskIsLostAlone) {
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

TEST_F(WriterTest, WhenTheDiskIsFullOneUnitIsLostAndTheOthersAreDoneAgain) {
  ASSERT_TRUE(connection_->QueryText("PRAGMA max_page_count = 40"));
  Begin();
  std::vector<std::unique_ptr<Sent>> all;
  all.push_back(Make("a", "before"));
  all.push_back(Make("b", "large", 900'000));
  all.push_back(Make("c", "behind"));
  SendTogether(all);
  EXPECT_TRUE(all[0]->Wait());
  auto large = all[1]->Wait();
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind, ErrorKind::kUnavailable);
  EXPECT_TRUE(all[2]->Wait());
  EXPECT_EQ(Names(), "before behind first");
  EXPECT_FALSE(writer_->broken());
  EXPECT_THAT(notes_.events(), testing::Each("store.commit"));
}

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

TEST_F(WriterTest, WhenTheDiskFailsTheStoreIsReadOnly) {
  Begin();
  auto first = Make("a", "kept");
  ASSERT_TRUE(Submit(*first));
  ASSERT_TRUE(first->Wait());
  {
    SmallDisk disk(std::filesystem::file_size(path_ + "-wal"));
    std::vector<std::unique_ptr<Sent>> all;
    for (const char* id : {"b", "c"}) all.push_back(Make(id, id));
    ASSERT_TRUE(Submit(*all[0]));
    ASSERT_TRUE(Submit(*all[1]));
    for (auto& one : all) {
      auto lost = one->Wait();
      ASSERT_FALSE(lost);
      EXPECT_EQ(lost.error().kind, ErrorKind::kUnavailable);
    }
  }
  EXPECT_TRUE(writer_->broken());
  auto later = Make("d", "later");
  ASSERT_TRUE(Submit(*later));
  EXPECT_EQ(later->Wait().error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(Names(), "kept");
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
