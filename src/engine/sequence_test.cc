// SPDX-License-Identifier: Apache-2.0
// Calls that share a transaction, and writes that are done once.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "base/await.h"
#include "contract/contract.h"
#include "engine/engine.h"
#include "engine/sweep.h"
#include "plan/once.h"
#include "store/sqlite/sqlite_store.h"

namespace ashlar::engine {
namespace {

using model::OperationKind;

constexpr const char* kContract = R"(service: sequence
resources:
  Thing:
    id: int
    fields:
      name: { type: string!, unique: true }
    access: { read: public, write: public }
)";

struct Silence final : Observer {
  void Observe(const Observation&) override {}
};

// Some calls, each made by its function from what came of those before.
struct Calls final : CallSequence {
  using Make = std::function<call::Call(const std::vector<std::string>& ids)>;
  explicit Calls(std::vector<Make> in_makes) : makes(std::move(in_makes)) {}
  void Start() override {
    ++starts;
    ids.clear();
  }
  call::Answer<const call::Call*> Next() override {
    if (ids.size() == makes.size()) return nullptr;
    if (makes[ids.size()] == nullptr) return call::Refuse(call::Code::kInvalidQuery, "there is no such call");
    call = makes[ids.size()](ids);
    return &call;
  }
  void Answered(const call::Outcome& outcome) override { ids.push_back(outcome.id); }
  bool writes() const override { return writing; }
  bool reads() const override { return reading; }
  std::vector<Make> makes;
  std::vector<std::string> ids;
  call::Call call;
  bool writing = true;
  bool reading = false;
  int starts = 0;
};

class SequenceTest : public testing::Test {
 protected:
  SequenceTest() {
    Clean();
    contract::Source source{"sequence.yaml", kContract};
    service_ = *contract::Compile({&source, 1}, {});
    store_ = std::move(*store::sqlite::Open(*service_, {.path = path_}, observer_));
    planner_ = std::make_unique<plan::Planner>(*service_, plan::Planner::CursorKey{});
    session_ = store_->Open(loop_);
    engine_ = std::make_unique<Engine>(*planner_, *session_, underway_);
  }
  ~SequenceTest() override {
    session_->TurnEnds();
    store_->Close();
    session_.reset();
    store_.reset();
    Clean();
  }
  void Clean() const {
    for (const char* end : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path_ + end);
  }

  call::Call Of(OperationKind kind, const std::string& id = "", const std::string& body = "") const {
    call::Call call;
    call.operation = service_->FindOperation(service_->FindResource("Thing"), kind);
    call.id = id;
    if (!body.empty()) call.body = *json::Parse(body);
    return call;
  }
  Calls::Make Create(const std::string& name) const {
    return
        [this, name](const auto&) { return Of(OperationKind::kCreate, "", fmt::format(R"({{"name": "{}"}})", name)); };
  }
  template <class Made>
  void OnLoop(Made work) {
    boost::asio::co_spawn(loop_, std::move(work), boost::asio::detached);
    loop_.restart();
    loop_.run();
    session_->TurnEnds();
  }
  SequenceAnswer Run(CallSequence& calls, const SequenceOptions& options = {}) {
    std::optional<SequenceAnswer> answer;
    OnLoop([&]() -> Task<void> {
      Context context = MakeContext();
      auto done = co_await Await(engine_->Run(context, caller_, calls, options));
      answer = std::move(done);
    });
    return std::move(*answer);
  }
  call::Answer<call::Outcome> Run(const call::Call& call) {
    std::optional<call::Answer<call::Outcome>> answer;
    OnLoop([&]() -> Task<void> {
      Context context = MakeContext();
      auto done = co_await Await(engine_->Run(context, caller_, call));
      answer = std::move(done);
    });
    return std::move(*answer);
  }
  Context MakeContext() { return {"test", {}, SystemClock(), observer_}; }
  int64_t Total() { return Run(Of(OperationKind::kList))->page->total.value_or(-1); }

  const std::string path_ = std::filesystem::temp_directory_path() / fmt::format("ashlar-sequence-{}.db", getpid());
  Silence observer_;
  boost::asio::io_context loop_{1};
  Underway underway_;
  std::shared_ptr<const model::Service> service_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<plan::Planner> planner_;
  std::unique_ptr<store::Session> session_;
  std::unique_ptr<Engine> engine_;
  call::Caller caller_;
  const call::Once once_{"0192f000-0000-7000-8000-0000000000aa", "POST /v1/things", Sha256("a")};
};

TEST_F(SequenceTest, ALaterCallSeesAndUsesWhatEarlierOnesDid) {
  Calls calls({Create("a"), [&](const auto& ids) { return Of(OperationKind::kUpdate, ids[0], R"({"name": "b"})"); },
               [&](const auto& ids) { return Of(OperationKind::kGet, ids[0]); }});
  auto done = Run(calls);
  ASSERT_TRUE(done);
  ASSERT_EQ(done->outcomes.size(), 3u);
  EXPECT_TRUE(done->outcomes[0].created);
  EXPECT_EQ(done->outcomes[2].version, 2);
  EXPECT_EQ(Total(), 1);
}

TEST_F(SequenceTest, TheFirstRefusalEndsItAndSaysWhichCallItWas) {
  Calls taken({Create("a"), Create("b"), Create("a"), Create("c")});
  auto refused = Run(taken);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().call, 2u);
  EXPECT_EQ(refused.error().error.code, call::Code::kConflict);
  EXPECT_EQ(taken.ids.size(), 2u);
  Calls none({Create("a"), nullptr});
  refused = Run(none);
  EXPECT_EQ(refused.error().call, 1u);
  Calls unplanned({Create("a"), [&](const auto&) {
                     call::Call call = Of(OperationKind::kList);
                     call.filter = "colour == 1";
                     return call;
                   }});
  refused = Run(unplanned);
  EXPECT_EQ(refused.error().call, 1u);
  EXPECT_EQ(refused.error().error.code, call::Code::kInvalidQuery);
  EXPECT_EQ(Total(), 0);
}

TEST_F(SequenceTest, ADryRunAnswersAndLeavesNothingNorTakesAnId) {
  Calls dry({Create("a"), [&](const auto& ids) { return Of(OperationKind::kGet, ids[0]); }});
  auto done = Run(dry, {.dry_run = true, .once = &once_});
  ASSERT_TRUE(done);
  EXPECT_FALSE(done->replayed);
  EXPECT_EQ(Total(), 0);
  Calls real({Create("a")});
  auto kept = Run(real, {.dry_run = false, .once = &once_});
  ASSERT_TRUE(kept);
  EXPECT_FALSE(kept->replayed) << "a dry run is no use of a name";
  EXPECT_EQ(kept->outcomes[0].id, done->outcomes[0].id);
  call::Call single = Of(OperationKind::kCreate, "", R"({"name": "b"})");
  single.dry_run = true;
  EXPECT_EQ(Run(single)->id, "2");
  EXPECT_EQ(Run(single)->id, "2");
  EXPECT_EQ(Total(), 1);
}

TEST_F(SequenceTest, WhatOnlyReadsDoesNotWaitForTheWriter) {
  Calls calls({[&](const auto&) { return Of(OperationKind::kList); }});
  calls.writing = false;
  int64_t before = store_->CurrentLoad(SystemClock()).commits;
  EXPECT_TRUE(Run(calls));
  EXPECT_EQ(store_->CurrentLoad(SystemClock()).commits, before);
  calls.writing = true;
  EXPECT_TRUE(Run(calls));
  EXPECT_EQ(store_->CurrentLoad(SystemClock()).commits, before + 1);
}

TEST_F(SequenceTest, WhatIsNamedIsDoneOnceAndTheSameIsAnsweredAgain) {
  call::Call create = Of(OperationKind::kCreate, "", R"({"name": "a"})");
  create.once = once_;
  auto first = Run(create);
  auto again = Run(create);
  ASSERT_TRUE(first && again);
  EXPECT_FALSE(first->replayed);
  EXPECT_TRUE(again->replayed && again->created);
  EXPECT_EQ(again->id, first->id);
  EXPECT_EQ(again->rows.rows.at(0, 0).integer, first->rows.rows.at(0, 0).integer);
  create.once->fingerprint = Sha256("b");
  EXPECT_EQ(Run(create).error().code, call::Code::kIdempotencyKeyReused);
  create.once->address += "/1";
  EXPECT_EQ(Run(create).error().code, call::Code::kConflict) << "another name: it is done, and its value is taken";
  EXPECT_EQ(Total(), 1);
}

TEST_F(SequenceTest, ASecondOfANameThatIsUnderWayIsToldSo) {
  call::Call create = Of(OperationKind::kCreate, "", R"({"name": "a"})");
  create.once = once_;
  {
    auto hold = underway_.Begin(plan::OnceIdOf(once_, caller_));
    ASSERT_TRUE(hold);
    EXPECT_EQ(Run(create).error().code, call::Code::kIdempotencyInProgress);
  }
  EXPECT_TRUE(Run(create));
  EXPECT_TRUE(underway_.Begin(plan::OnceIdOf(once_, caller_))) << "it is let go with the answer";
  create.once->key = "short";
  EXPECT_EQ(Run(create).error().code, call::Code::kInvalidQuery);
  EXPECT_EQ(Total(), 1);
}

TEST_F(SequenceTest, ManyOfOneNameAtOnceAreDoneOnce) {
  constexpr int kMany = 50;
  int done = 0, replayed = 0, told = 0;
  call::Call create = Of(OperationKind::kCreate, "", R"({"name": "a"})");
  create.once = once_;
  auto send = [&]() -> Task<void> {
    Context context = MakeContext();
    auto answer = co_await Await(engine_->Run(context, caller_, create));
    if (!answer) {
      told += answer.error().code == call::Code::kIdempotencyInProgress ? 1 : 0;
    } else {
      ++(answer->replayed ? replayed : done);
    }
  };
  for (int i = 0; i < kMany; ++i) boost::asio::co_spawn(loop_, send(), boost::asio::detached);
  loop_.restart();
  loop_.run();
  session_->TurnEnds();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(done + replayed + told, kMany);
  EXPECT_EQ(Total(), 1);
}

TEST_F(SequenceTest, WhatHasExpiredIsSweptAndMakesRoom) {
  struct Days final : Clock {
    int64_t days = 0;
    int64_t NowMicros() const override { return SystemClock().NowMicros() + days * 86'400'000'000; }
    int64_t SteadyMicros() const override { return SystemClock().SteadyMicros(); }
  } clock;
  plan::Planner narrow(*service_, {}, {.all = 400 * plan::kRecordBytes});  // a hundred of a caller, nearly
  Engine engine(narrow, *session_, underway_);
  auto keep = [&](const std::string& name) {
    call::Call create = Of(OperationKind::kCreate, "", fmt::format(R"({{"name": "{}"}})", name));
    create.once = once_;
    create.once->key += name;
    std::optional<call::Answer<call::Outcome>> answer;
    OnLoop([&]() -> Task<void> {
      Context context{"test", {}, clock, observer_};
      auto done = co_await Await(engine.Run(context, caller_, create));
      answer = std::move(done);
    });
    return std::move(*answer);
  };
  int kept = 0;
  for (; kept < 100; ++kept) {
    auto answer = keep(fmt::format("a{}", kept));
    if (answer) continue;
    EXPECT_EQ(answer.error().code, call::Code::kUnavailable);
    break;
  }
  EXPECT_GT(kept, 50);
  EXPECT_LT(kept, 100);
  EXPECT_EQ(Total(), kept) << "nothing of what was refused is there";
  EXPECT_TRUE(keep("a0")->replayed) << "what is kept stays";
  Context context{"test", {}, clock, observer_};
  std::stop_source stop;
  clock.days = 2;
  EXPECT_EQ(keep("more").error().code, call::Code::kUnavailable) << "until it is swept";
  ASSERT_TRUE(Sweep(narrow, *store_, context, stop.get_token()));
  for (int i = 0; i < kept; ++i) EXPECT_TRUE(keep(fmt::format("b{}", i))) << i;
}

}  // namespace
}  // namespace ashlar::engine
