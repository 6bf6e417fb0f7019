// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <thread>

#include "base/await.h"
#include "contract/contract.h"
#include "store/sqlite/sqlite_store.h"

namespace ashlar::engine {
namespace {

constexpr const char* kContract = R"(service: engine
roles: { staff: {} }
resources:
  Thing:
    id: int
    audit: true
    fields:
      name: { type: string!, unique: true }
      size: int
    access: { read: public, write: hasRole('staff') }
)";

struct Counting final : Observer {
  void Observe(const Observation& observation) override {
    if (std::holds_alternative<Defect>(observation)) ++defects;
  }
  std::atomic<int> defects = 0;
};

class EngineTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / fmt::format("ashlar-engine-{}.db", getpid());
    Clean();
    contract::Source source{"engine.yaml", kContract};
    auto compiled = contract::Compile({&source, 1}, {});
    ASSERT_TRUE(compiled.has_value()) << contract::Render(compiled.error(), false);
    service_ = *compiled;
    auto store = store::sqlite::Open(*service_, {.path = path_}, observer_);
    ASSERT_TRUE(store.has_value()) << store.error().message;
    store_ = std::move(*store);
    planner_ = std::make_unique<plan::Planner>(*service_, plan::Planner::CursorKey{});
    staff_.kind = call::Caller::Kind::kPrincipal;
    staff_.principal.kind = "service";
    staff_.principal.roles = {"staff"};
  }
  void TearDown() override {
    if (store_ != nullptr) store_->Close();
    store_.reset();
    Clean();
  }
  void Clean() const {
    for (const char* end : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(path_ + end);
  }

  call::Call Make(model::OperationKind kind, const std::string& body = "") const {
    call::Call call;
    call.operation = service_->FindOperation(service_->FindResource("Thing"), kind);
    if (!body.empty()) call.body = *json::Parse(body);
    return call;
  }
  Context MakeContext(Deadline deadline = {}) { return {"test", deadline, SystemClock(), observer_}; }
  std::vector<call::Answer<call::Outcome>> Run(std::vector<call::Call> calls, const call::Caller& caller) {
    Context context = MakeContext();
    return RunAll(*planner_, *store_, context, caller, calls);
  }
  int64_t Total() {
    auto answers = Run({Make(model::OperationKind::kList)}, staff_);
    return answers[0]->page->total.value_or(-1);
  }

  Counting observer_;
  std::string path_;
  std::shared_ptr<const model::Service> service_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<plan::Planner> planner_;
  call::Caller staff_;
};

TEST_F(EngineTest, WhoMayNotWritesNothing) {
  auto refused = Run({Make(model::OperationKind::kCreate, R"({"name": "a"})")}, call::Caller{});
  ASSERT_FALSE(refused[0].has_value());
  EXPECT_EQ(refused[0].error().code, call::Code::kUnauthenticated);
  call::Caller known = staff_;
  known.principal.roles.clear();
  refused = Run({Make(model::OperationKind::kCreate, R"({"name": "a"})")}, known);
  EXPECT_EQ(refused[0].error().code, call::Code::kForbidden);
  EXPECT_EQ(Total(), 0);
}

TEST_F(EngineTest, AUnitIsAllOrNothingAndTellsEveryRefusal) {
  auto answers = Run(
      {Make(model::OperationKind::kCreate, R"({"name": "a"})"), Make(model::OperationKind::kCreate, R"({"name": "a"})"),
       Make(model::OperationKind::kCreate, R"({"name": 5})"), Make(model::OperationKind::kCreate, R"({"name": "b"})")},
      staff_);
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_TRUE(answers[0].has_value());
  EXPECT_EQ(answers[1].error().code, call::Code::kConflict);
  EXPECT_EQ(answers[2].error().code, call::Code::kValidationError);
  EXPECT_TRUE(answers[3].has_value());
  EXPECT_EQ(Total(), 0);
}

// Gives creations of Things with these names, then an error if there is one.
struct Names final : CallSource {
  void Start() override { next = 0; }
  Result<const call::Call*> Next() override {
    if (next < names.size()) {
      call.body = *json::Parse(names[next++]);
      return &call;
    }
    if (!trouble.empty()) return Fail(ErrorKind::kUnavailable, trouble);
    return nullptr;
  }
  void Refused(call::ApiError error) override { refused.emplace_back(next - 1, error.code); }
  call::Call call;
  std::vector<std::string> names;
  std::string trouble;
  size_t next = 0;
  std::vector<std::pair<size_t, call::Code>> refused;
};

TEST_F(EngineTest, ASourceOfCallsIsOneTransaction) {
  Names source;
  source.call = Make(model::OperationKind::kCreate);
  for (int i = 0; i < 300; ++i) source.names.push_back(fmt::format(R"({{"name": "{}"}})", i));
  Context context = MakeContext();
  auto run = [&](bool discard) { return RunEach(*planner_, *store_, context, staff_, source, discard); };
  EXPECT_EQ(run(true), false);
  EXPECT_EQ(Total(), 0);
  source.trouble = "the source is dry";
  ASSERT_FALSE(run(false));
  EXPECT_EQ(run(false).error().code, call::Code::kUnavailable);
  EXPECT_EQ(Total(), 0);
  source.trouble.clear();
  EXPECT_EQ(run(false), true);
  EXPECT_EQ(Total(), 300);
  EXPECT_TRUE(source.refused.empty());
}

TEST_F(EngineTest, ASourceHearsOfEveryRefusalAndNothingRemains) {
  Names source;
  source.call = Make(model::OperationKind::kCreate);
  source.names = {R"({"name": "a"})", R"({"name": "a"})", R"({"name": 5})", R"({"name": "b"})"};
  Context context = MakeContext();
  EXPECT_EQ(RunEach(*planner_, *store_, context, staff_, source), false);
  EXPECT_EQ(source.refused, (std::vector<std::pair<size_t, call::Code>>{{1, call::Code::kConflict},
                                                                        {2, call::Code::kValidationError}}));
  source.refused.clear();
  EXPECT_EQ(RunEach(*planner_, *store_, context, call::Caller{}, source), false);  // refused before the store
  EXPECT_EQ(source.refused.size(), 4u);
  EXPECT_EQ(source.refused[3].second, call::Code::kUnauthenticated);
  EXPECT_EQ(Total(), 0);
}

TEST_F(EngineTest, WritersAtOnceLoseNothing) {
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  std::atomic<int> made = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < kEach; ++i) {
          auto answers =
              Run({Make(model::OperationKind::kCreate, fmt::format(R"({{"name": "{}-{}"}})", thread, i))}, staff_);
          made += answers[0].has_value() ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(made.load(), kThreads * kEach);
  EXPECT_EQ(Total(), kThreads * kEach);
}

TEST_F(EngineTest, ALoopReadsWhatItWrote) {
  boost::asio::io_context loop(1);
  auto session = store_->Open(loop);
  Underway underway;
  Engine engine(*planner_, *session, underway);
  int seen = 0;
  auto work = [&]() -> Task<void> {
    for (int i = 0; i < 20; ++i) {
      Context context = MakeContext();
      call::Call create = Make(model::OperationKind::kCreate, fmt::format(R"({{"name": "{}"}})", i));
      auto made = co_await Await(engine.Run(context, staff_, create));
      if (!made) co_return;
      call::Call get = Make(model::OperationKind::kGet);
      get.id = made->id;
      auto found = co_await Await(engine.Run(context, call::Caller{}, get));
      seen += found.has_value() ? 1 : 0;
    }
  };
  boost::asio::co_spawn(loop, work(), boost::asio::detached);
  loop.run();
  session->TurnEnds();
  store_->Close();  // before the loop ends: the writer may still be waking it
  EXPECT_EQ(seen, 20);
}

TEST_F(EngineTest, AfterTheDeadlineNothingRemains) {
  Context context = MakeContext(Deadline{0});
  auto answers =
      RunAll(*planner_, *store_, context, staff_, {Make(model::OperationKind::kCreate, R"({"name": "late"})")});
  ASSERT_FALSE(answers[0].has_value());
  EXPECT_EQ(answers[0].error().code, call::Code::kTimeout);
  EXPECT_EQ(Total(), 0);
}

TEST_F(EngineTest, AClosedStoreRefuses) {
  store_->Close();
  auto answers = Run({Make(model::OperationKind::kCreate, R"({"name": "a"})")}, staff_);
  ASSERT_FALSE(answers[0].has_value());
  EXPECT_EQ(answers[0].error().code, call::Code::kUnavailable);
}

TEST_F(EngineTest, AnotherProcessIsKeptOut) {
  auto again = store::sqlite::Open(*service_, {.path = path_}, observer_);
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().kind, ErrorKind::kConflict);
  EXPECT_NE(again.error().message.find(std::to_string(getpid())), std::string::npos) << again.error().message;
}

}  // namespace
}  // namespace ashlar::engine
