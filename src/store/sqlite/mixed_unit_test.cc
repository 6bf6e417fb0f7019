// SPDX-License-Identifier: Apache-2.0
// Units that write and read besides: how much they read, and who has their turn before them.
#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <future>
#include <thread>

#include "contract/contract.h"
#include "plan/planner.h"
#include "store/sqlite/sqlite_store.h"

namespace ashlar::store::sqlite {
namespace {

namespace fs = std::filesystem;
using model::OperationKind;

constexpr const char* kContract = R"(
service: mixed
resources:
  Item:
    id: int
    fields: { name: string! }
    access: { read: public, write: public }
)";

// Every look at it takes a millisecond.
class Ticking final : public Clock {
 public:
  int64_t NowMicros() const override { return 1; }
  int64_t SteadyMicros() const override { return now_.fetch_add(1000) + 1000; }

 private:
  mutable std::atomic<int64_t> now_ = 0;
};

struct Silent final : Observer {
  void Observe(const Observation&) override {}
};

// Does what its letters say: w writes a row, r reads one, h is held until the test lets go.
class Letters final : public Feed {
 public:
  using Make = std::function<plan::Plan(OperationKind)>;
  Letters(std::string letters, Make make, int& begun_so_far)
      : letters_(std::move(letters)), make_(std::move(make)), begun_so_far_(begun_so_far) {}
  void Start() override {
    next_ = 0;
    place = ++begun_so_far_;
  }
  Result<std::optional<plan::Plan>> Next() override {
    if (next_ < letters_.size() && letters_[next_] == 'h') {
      begun.set_value();
      go.get_future().wait();
      ++next_;
    }
    if (next_ == letters_.size()) return std::nullopt;
    return make_(letters_[next_++] == 'w' ? OperationKind::kCreate : OperationKind::kGet);
  }
  void Answered(call::Answer<call::Outcome> answer) override { well_ = well_ && answer.has_value(); }
  bool AllWell() const override { return well_; }
  std::promise<void> begun, go;
  int place = 0;  // among those that were begun

 private:
  const std::string letters_;
  const Make make_;
  int& begun_so_far_;
  size_t next_ = 0;
  bool well_ = true;
};

class MixedUnitTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = fs::temp_directory_path() / "ashlar_mixed_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    std::vector<contract::Source> sources{{"test.yaml", kContract}};
    service_ = contract::Compile(sources, {}).value();
    planner_ = std::make_unique<plan::Planner>(*service_, plan::Planner::CursorKey{});
    OpenStore(200'000);
    ASSERT_TRUE(Run("w", false));
  }
  void TearDown() override {
    store_.reset();
    fs::remove_all(folder_);
  }
  void OpenStore(int64_t mixed_read_us) {
    store_.reset();
    Options options{.path = folder_ / "store.db", .reader_threads = 1, .mixed_read_us = mixed_read_us};
    store_ = std::move(*Open(*service_, options, observer_));
  }
  // One unit, its thread and what came of it.
  struct Sent {
    Sent(std::string letters, Letters::Make make, int& begun) : feed(std::move(letters), std::move(make), begun) {
      unit.feed = &feed;
    }
    Letters feed;
    Unit unit;
    ~Sent() {
      if (thread.joinable()) thread.join();
    }
    Result<Outcomes> Wait() { return done.get_future().get(); }
    std::promise<Result<Outcomes>> done;
    std::thread thread;
  };
  std::unique_ptr<Sent> Make(const std::string& letters, bool mixed) {
    auto sent = std::make_unique<Sent>(letters, [this](OperationKind kind) { return PlanOf(kind); }, begun_);
    sent->unit.mixed = mixed;
    return sent;
  }
  void Submit(Sent& sent, const std::atomic<bool>* gone = nullptr) {
    sent.thread = std::thread([this, &sent, gone] {
      Context context = MakeContext();
      context.client_gone = gone;
      sent.done.set_value(store_->RunAndWait(context, sent.unit));
    });
  }
  void AwaitWaiting(int64_t units) {
    while (store_->CurrentLoad(clock_).writes_waiting < units) std::this_thread::yield();
  }
  Result<Outcomes> Run(const std::string& letters, bool mixed) {
    auto sent = Make(letters, mixed);
    Context context = MakeContext();
    return store_->RunAndWait(context, sent->unit);
  }
  Context MakeContext() { return {.request_id = "t", .clock = clock_, .observer = observer_}; }
  plan::Plan PlanOf(OperationKind kind) {
    call::Call& call = calls_.emplace_back();
    call.operation = service_->FindOperation(service_->FindResource("Item"), kind);
    if (kind == OperationKind::kCreate) call.body = json::Parse(R"({"name": "a"})").value();
    if (kind == OperationKind::kGet) call.id = "1";
    Context context = MakeContext();
    auto plan = planner_->MakePlan(call, caller_, context);
    if (!plan) ADD_FAILURE() << plan.error().message;
    return std::move(*plan);
  }
  int64_t Rows() {
    Unit unit;
    unit.plans.push_back(PlanOf(OperationKind::kList));
    Context context = MakeContext();
    auto outcomes = store_->RunAndWait(context, unit);
    return outcomes && outcomes->at(0) ? outcomes->at(0)->page->total.value_or(-1) : -1;
  }

  Ticking clock_;
  Silent observer_;
  fs::path folder_;
  std::shared_ptr<const model::Service> service_;
  std::unique_ptr<plan::Planner> planner_;
  const call::Caller caller_{.kind = call::Caller::Kind::kOperator, .principal = {}, .id = "operator"};
  std::deque<call::Call> calls_;  // which plans refer to
  std::unique_ptr<Store> store_;
  int begun_ = 0;  // the writer's
};

TEST_F(MixedUnitTest, ItsReadsAreBoundedTogetherAndNothingOfItRemainsBeyond) {
  EXPECT_TRUE(Run("wr", true));
  EXPECT_EQ(Rows(), 2);
  OpenStore(0);
  auto refused = Run("wr", true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kTooLarge);
  EXPECT_TRUE(refused.error().message.contains("send the reads apart from the writes")) << refused.error().message;
  EXPECT_EQ(Rows(), 2);
  EXPECT_TRUE(Run("wr", false)) << "only a mixed unit's";
  EXPECT_EQ(Rows(), 3);
}

TEST_F(MixedUnitTest, OthersThatComeMeanwhileHaveTheirTurnBeforeTheNext) {
  auto first = Make("h", false);
  Submit(*first);
  first->feed.begun.get_future().wait();
  auto slow = Make("hwr" + std::string(20, 'r'), true);
  auto next = Make("wr", true);
  Submit(*slow);
  AwaitWaiting(1);
  Submit(*next);
  AwaitWaiting(2);
  first->feed.go.set_value();
  slow->feed.begun.get_future().wait();
  auto plain = Make("wr", false);
  Submit(*plain);
  AwaitWaiting(1);
  slow->feed.go.set_value();
  for (auto* sent : {first.get(), slow.get(), plain.get(), next.get()}) EXPECT_TRUE(sent->Wait());
  EXPECT_LT(slow->feed.place, plain->feed.place);
  EXPECT_LT(plain->feed.place, next->feed.place);
}

TEST_F(MixedUnitTest, IsNotBegunForAClientThatIsGone) {
  auto first = Make("h", false);
  Submit(*first);
  first->feed.begun.get_future().wait();
  std::atomic<bool> gone = false;
  auto plain = Make("w", false);
  auto mixed = Make("wr", true);
  auto stays = Make("w", false);
  Submit(*plain, &gone);
  Submit(*mixed, &gone);
  Submit(*stays);
  AwaitWaiting(3);
  gone = true;
  first->feed.go.set_value();
  for (auto* sent : {plain.get(), mixed.get()}) {
    auto outcomes = sent->Wait();
    ASSERT_FALSE(outcomes);
    EXPECT_EQ(outcomes.error().kind, ErrorKind::kUnavailable);
  }
  EXPECT_TRUE(stays->Wait());
  EXPECT_EQ(Rows(), 2);
}

}  // namespace
}  // namespace ashlar::store::sqlite
