// SPDX-License-Identifier: Apache-2.0
// The store as loops and operators see it, over real files: who waits for whom, and what a reader sees.
#include "store/sqlite/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <filesystem>
#include <thread>

#include "contract/contract.h"
#include "plan/planner.h"
#include "store/sqlite/lock.h"

namespace ashlar::store::sqlite {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kContract = R"(
service: reading
resources:
  Item:
    id: int
    fields:
      name: { type: string!, unique: true }
      number: int
    access: { read: public, write: public }
)";
constexpr int64_t kRows = 400;

std::shared_ptr<const model::Service> Compiled() {
  std::vector<contract::Source> sources{{"test.yaml", kContract}};
  auto compiled = contract::Compile(sources, {});
  if (!compiled) ADD_FAILURE() << contract::Render(compiled.error(), false);
  return compiled.value();
}

// Every look at it takes a microsecond, or as much as is said.
class Ticking final : public Clock {
 public:
  explicit Ticking(int64_t step = 1) : step_(step) {}
  int64_t NowMicros() const override { return 1; }
  int64_t SteadyMicros() const override { return now_.fetch_add(step_) + step_; }

 private:
  const int64_t step_;
  mutable std::atomic<int64_t> now_ = 0;
};

class Silent final : public Observer {
 public:
  void Observe(const Observation&) override {}
};

class SqliteStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "ashlar_store_XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  void TearDown() override {
    store_.reset();
    fs::remove_all(folder_);
  }

  void OpenStore(int64_t read_budget_us = 1'000'000'000) {
    auto opened = Open(*service_, {.path = path(), .reader_threads = 1, .read_budget_us = read_budget_us}, observer_);
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  std::string path() const { return folder_ / "inner" / "store.db"; }

  Unit UnitOf(model::OperationKind kind, const std::string& body, const std::string& filter = "") {
    call::Call& call = calls_.emplace_back();
    call.operation = service_->FindOperation(service_->FindResource("Item"), kind);
    call.filter = filter;
    if (!body.empty()) call.body = json::Parse(body).value();
    Context context = MakeContext();
    auto plan = planner_.MakePlan(call, caller_, context);
    if (!plan) ADD_FAILURE() << plan.error().message;
    Unit unit;
    unit.plans.push_back(std::move(*plan));
    return unit;
  }
  Unit Create(const std::string& name) {
    return UnitOf(model::OperationKind::kCreate, fmt::format(R"({{"name": "{}", "number": 7}})", name));
  }
  Unit List(const std::string& filter = "") { return UnitOf(model::OperationKind::kList, "", filter); }
  Context MakeContext(const Clock& clock = SystemClock()) {
    return {.request_id = "t", .clock = clock, .observer = observer_};
  }

  // Runs it on the session's loop to its end; how it came is told.
  Result<Outcomes> RunOn(Session& session, Context& context, Unit& unit, bool* at_once = nullptr) {
    auto running = session.Run(context, unit);
    if (at_once != nullptr) *at_once = running.ready();
    if (running.ready()) return std::move(running.value());
    std::optional<Result<Outcomes>> got;
    auto wait = [](Task<Result<Outcomes>> task, std::optional<Result<Outcomes>>& into) -> asio::awaitable<void> {
      auto outcomes = co_await std::move(task);
      into = std::move(outcomes);
    };
    asio::co_spawn(loop_, wait(std::move(running.task()), got), asio::detached);
    loop_.run();
    loop_.restart();
    return std::move(*got);
  }
  int64_t TotalOf(Result<Outcomes>& outcomes) {
    if (!outcomes || !outcomes->at(0)) return -1;
    return outcomes->at(0)->page->total.value_or(-1);
  }
  void Fill() {
    Unit unit;
    for (int64_t i = 0; i < kRows; ++i) {
      unit.plans.push_back(std::move(Create(fmt::format("item {}", i)).plans[0]));
    }
    Context context = MakeContext();
    ASSERT_TRUE(store_->RunAndWait(context, unit));
  }
  // A condition that costs each row of the table a look at all of its digits.
  static constexpr const char* kSlow = "name.contains('item') && number * number * number % 11 == 2";

  std::shared_ptr<const model::Service> service_ = Compiled();
  plan::Planner planner_{*service_, {}};
  const call::Caller caller_{.kind = call::Caller::Kind::kOperator, .principal = {}, .id = "operator"};
  std::deque<call::Call> calls_;  // which plans refer to
  Silent observer_;
  fs::path folder_;
  asio::io_context loop_{1};
  std::unique_ptr<Store> store_;
};

TEST_F(SqliteStoreTest, ItsFilesAreTheOwnersAlone) {
  OpenStore();
  Fill();
  for (const char* ending : {"", "-wal", "-shm", ".lock"}) {
    struct stat status{};
    ASSERT_EQ(stat((path() + ending).c_str(), &status), 0) << ending;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << ending;
  }
}

TEST_F(SqliteStoreTest, ASecondServerIsToldWhoHasTheStore) {
  OpenStore();
  auto second = Open(*service_, {.path = path()}, observer_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
  EXPECT_THAT(second.error().message, HasSubstr(fmt::format("process {}", getpid())));
  store_.reset();
  EXPECT_TRUE(Open(*service_, {.path = path()}, observer_));
}

TEST_F(SqliteStoreTest, APathThatCannotBeOpenedIsAnError) {
  fs::create_directories(path());
  auto opened = Open(*service_, {.path = path()}, observer_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::kUnavailable);
  fs::create_symlink("/dev/null", folder_ / "link.db");
  EXPECT_FALSE(Open(*service_, {.path = folder_ / "link.db"}, observer_)) << "a link could lead anywhere";
}

TEST_F(SqliteStoreTest, AReadFinishesAtOnceAndAWriteOnceItIsDurable) {
  OpenStore();
  auto session = store_->Open(loop_);
  Context context = MakeContext();
  bool at_once = false;
  Unit read = List();
  auto empty = RunOn(*session, context, read, &at_once);
  EXPECT_TRUE(at_once);
  EXPECT_EQ(TotalOf(empty), 0);
  Unit write = Create("one");
  auto written = RunOn(*session, context, write, &at_once);
  EXPECT_FALSE(at_once);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_TRUE(written->at(0)->created);
  EXPECT_GE(context.statements, 1);
  EXPECT_GT(context.store_us, 0);
}

TEST_F(SqliteStoreTest, WithinOneTurnALoopReadsWhatItWrote) {
  OpenStore();
  auto session = store_->Open(loop_);
  auto other = store_->Open(loop_);
  Context context = MakeContext();
  for (int64_t i = 0; i < 3; ++i) {
    Unit before = List();
    auto seen = RunOn(*session, context, before);
    EXPECT_EQ(TotalOf(seen), i);
    Unit write = Create(fmt::format("n{}", i));
    ASSERT_TRUE(RunOn(*other, context, write));
    Unit after = List();
    seen = RunOn(*session, context, after);
    EXPECT_EQ(TotalOf(seen), i + 1);
  }
  session->TurnEnds();
  session->TurnEnds();
  Unit read = List();
  auto seen = RunOn(*session, context, read);
  EXPECT_EQ(TotalOf(seen), 3);
}

TEST_F(SqliteStoreTest, AReadThatTakesTooLongForALoopGoesToAThread) {
  OpenStore(/*read_budget_us=*/0);
  Fill();
  auto session = store_->Open(loop_);
  Context context = MakeContext();
  bool at_once = true;
  Unit slow = List(kSlow);
  auto found = RunOn(*session, context, slow, &at_once);
  EXPECT_FALSE(at_once);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(TotalOf(found), kRows);
  EXPECT_EQ(context.statements, 2) << "counted once";
  Unit quick = UnitOf(model::OperationKind::kList, "", "id == 7");
  auto one = RunOn(*session, context, quick, &at_once);
  EXPECT_TRUE(at_once);
  EXPECT_EQ(TotalOf(one), 1);
}

TEST_F(SqliteStoreTest, AReadEndsAtItsDeadlineOnALoopAndOnAThread) {
  OpenStore();
  Fill();
  Ticking clock;
  auto session = store_->Open(loop_);
  Context context = MakeContext(clock);
  context.deadline = Deadline{clock.SteadyMicros() + 5};
  Unit slow = List(kSlow);
  bool at_once = false;
  auto late = RunOn(*session, context, slow, &at_once);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::kTimeout);
  Context waiting = MakeContext(clock);
  waiting.deadline = Deadline{clock.SteadyMicros() + 5};
  Unit again = List(kSlow);
  late = store_->RunAndWait(waiting, again);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::kTimeout);
  Context patient = MakeContext(clock);
  Unit third = List(kSlow);
  auto found = store_->RunAndWait(patient, third);
  EXPECT_EQ(TotalOf(found), kRows) << "the connections are as good as before";
}

TEST_F(SqliteStoreTest, ManyThreadsWriteAndEachReadsItsOwn) {
  OpenStore();
  constexpr int kThreads = 8;
  constexpr int kEach = 20;
  std::atomic<int> unseen = 0;
  std::vector<std::thread> threads;
  std::vector<std::vector<Unit>> writes(kThreads);
  std::vector<std::vector<Unit>> reads(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kEach; ++i) {
      writes[t].push_back(Create(fmt::format("{} {}", t, i)));
      reads[t].push_back(List(fmt::format("name == '{} {}'", t, i)));
    }
  }
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        Context context = MakeContext();
        auto written = store_->RunAndWait(context, writes[t][i]);
        auto read = store_->RunAndWait(context, reads[t][i]);
        if (!written || TotalOf(read) != 1) ++unseen;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(unseen, 0);
  Context context = MakeContext();
  Unit all = List();
  auto total = store_->RunAndWait(context, all);
  EXPECT_EQ(TotalOf(total), kThreads * kEach);
}

TEST_F(SqliteStoreTest, LoopsReadWhileOthersWrite) {
  OpenStore();
  constexpr int kLoops = 3;
  std::atomic<int> backwards = 0;
  std::vector<std::thread> threads;
  for (int l = 0; l < kLoops; ++l) {
    std::vector<Unit> reads;
    for (int i = 0; i < 100; ++i) reads.push_back(List());
    threads.emplace_back([&, own = std::move(reads)]() mutable {
      asio::io_context loop{1};
      auto session = store_->Open(loop);
      int64_t last = 0;
      for (Unit& unit : own) {
        Context context = MakeContext();
        auto running = session->Run(context, unit);
        int64_t total = running.ready() ? TotalOf(running.value()) : -1;
        if (total < last) ++backwards;
        last = total;
        session->TurnEnds();
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    Context context = MakeContext();
    Unit unit = Create(fmt::format("w{}", i));
    ASSERT_TRUE(store_->RunAndWait(context, unit));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(backwards, 0);
}

TEST_F(SqliteStoreTest, TellsHowBusyItIs) {
  OpenStore();
  Load before = store_->CurrentLoad(SystemClock());
  EXPECT_EQ(before.commits, 0);
  EXPECT_GT(before.readers, 0);
  Fill();
  Load after = store_->CurrentLoad(SystemClock());
  EXPECT_GT(after.commits, 0);
  EXPECT_GT(after.store_bytes, 0);
  EXPECT_GT(after.log_bytes, 0);
  EXPECT_GT(after.log_pages, 0);
  EXPECT_TRUE(after.writable);
  EXPECT_EQ(after.readers_busy + after.reads_waiting + after.writes_waiting + after.oldest_write_us, 0);
}

TEST_F(SqliteStoreTest, WhatWasWrittenIsThereWhenItIsOpenedAgain) {
  OpenStore();
  Fill();
  EXPECT_TRUE(store_->Ready());
  store_.reset();
  OpenStore();
  Context context = MakeContext();
  Unit all = List();
  auto found = store_->RunAndWait(context, all);
  EXPECT_EQ(TotalOf(found), kRows);
}

// The files as a process that was killed leaves them.
TEST_F(SqliteStoreTest, WhatAnUncleanEndLeavesInTheLogIsSettledAtTheStart) {
  OpenStore();
  Fill();
  const std::string left = folder_ / "left.db";
  for (const char* ending : {"", "-wal"}) fs::copy_file(path() + ending, left + ending);
  ASSERT_GT(fs::file_size(left + "-wal"), 0u);
  auto opened = Open(*service_, {.path = left}, observer_);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(fs::file_size(left + "-wal"), 0u) << "nothing rests on a sync of the process before";
  Context context = MakeContext();
  Unit all = List();
  auto found = (*opened)->RunAndWait(context, all);
  EXPECT_EQ(TotalOf(found), kRows);
}

TEST_F(SqliteStoreTest, OnceItIsClosedItTakesNothing) {
  OpenStore();
  auto session = store_->Open(loop_);
  store_->Close();
  store_->Close();
  Context context = MakeContext();
  Unit write = Create("late");
  auto refused = RunOn(*session, context, write);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  Unit read = List();
  refused = store_->RunAndWait(context, read);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
}

TEST(Lock, IsFreeOnceItsOwnerIsGone) {
  std::string pattern = fs::temp_directory_path() / "ashlar_lock_XXXXXX";
  fs::path folder = mkdtemp(pattern.data());
  {
    auto first = Lock::Take(folder / "x");
    ASSERT_TRUE(first);
    auto moved = std::move(*first);
    EXPECT_FALSE(Lock::Take(folder / "x"));
    EXPECT_TRUE(Lock::Take(folder / "y"));
  }
  EXPECT_TRUE(Lock::Take(folder / "x"));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace ashlar::store::sqlite
