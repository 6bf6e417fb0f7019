// SPDX-License-Identifier: Apache-2.0
#include "identity/events.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "contract/contract.h"
#include "engine/engine.h"
#include "identity/event_sweep.h"
#include "identity/keeper.h"
#include "identity/keys.h"
#include "identity/row.h"
#include "identity/world_test.h"
#include "store/sqlite/sqlite_store.h"

namespace ashlar::identity {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr const char* kAnn = "00000000-0000-4000-8000-00000000000a";

TEST(EventsTest, EachKindHasItsRow) {
  for (size_t i = 0; i < EventRows().size(); ++i) EXPECT_EQ(EventRows()[i].kind, static_cast<EventKind>(i));
}

TEST(EventBudgetTest, StrangersHaveAMeasureOfTheirOwnAndWhatIsTooMuchIsCounted) {
  EventBudget budget;
  int64_t now = 1000 * kSecond, dropped = 0;
  for (int i = 0; i < EventBudget::kOfStrangers; ++i) EXPECT_TRUE(budget.Take(EventKind::kLoginFailed, now, dropped));
  for (int i = 0; i < 7; ++i) EXPECT_FALSE(budget.Take(EventKind::kLoginFailed, now, dropped));
  EXPECT_TRUE(budget.Take(EventKind::kLoginSucceeded, now, dropped));
  EXPECT_EQ(dropped, 0);
  now += kSecond;
  EXPECT_TRUE(budget.Take(EventKind::kLoginLocked, now, dropped));
  EXPECT_EQ(dropped, 7);
  EXPECT_FALSE(budget.Take(EventKind::kLoginFailed, now, dropped));
  now += 60 * kSecond;
  for (int i = 0; i < EventBudget::kOfStrangers; ++i) EXPECT_TRUE(budget.Take(EventKind::kLoginFailed, now, dropped));
  EXPECT_FALSE(budget.Take(EventKind::kLoginFailed, now, dropped));
}

// Hears what the log is told.
class Listener final : public Observer {
 public:
  void Observe(const Observation& observation) override {
    if (const auto* event = std::get_if<SecurityEvent>(&observation)) {
      heard += fmt::format("{}/{}/{}/{} ", event->name, event->user_id, event->address, event->agent);
    }
  }
  std::string heard;
};

class EventRowsTest : public testing::Test {
 protected:
  EventRowsTest() {
    std::string pattern = testing::TempDir() + "ashlar-events-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    contract::Source source{"ashlar.yaml", "service: shop\n"};
    service_ = *contract::Compile({&source, 1}, {});
    store_ = *store::sqlite::Open(*service_, {.path = folder_ + "/s.db"}, listener_);
    keys_ = std::make_unique<ServiceKeys>(*ServiceKeys::Open(folder_ + "/s.db.key"));
    planner_ = std::make_unique<plan::Planner>(*service_, keys_->cursor());
    as_.kind = call::Caller::Kind::kOperator;
  }
  ~EventRowsTest() override {
    store_->Close();
    std::filesystem::remove_all(folder_);
  }
  Context MakeContext() { return {"request", Deadline::After(clock_, 60 * kSecond), clock_, listener_}; }
  call::Answer<call::Outcome> Run(const call::Call& call) {
    Context context = MakeContext();
    return std::move(engine::RunAll(*planner_, *store_, context, as_, {call}).front());
  }
  void Keep(const Event& event) {
    Context context = MakeContext();
    context.origin = &origin_;
    auto kept = Run(EventCall(*service_, context, event));
    ASSERT_TRUE(kept) << kept.error().message;
    Tell(context, event);
  }
  call::RowSet Rows() {
    call::Call list;
    list.operation = service_->FindOperation(service_->event, model::OperationKind::kList);
    list.sort.push_back({"id", false});
    list.paging.per_page = 100;
    auto found = Run(list);
    return std::move(found->rows);
  }
  void Sweep(const EventsKept& kept) {
    Context context = MakeContext();
    ASSERT_TRUE(SweepEvents(*planner_, *store_, context, kept));
  }

  std::string folder_;
  TestClock clock_;
  Listener listener_;
  Origin origin_{"192.0.2.1", "curl/8"};
  call::Caller as_;
  std::shared_ptr<const model::Service> service_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ServiceKeys> keys_;
  std::unique_ptr<plan::Planner> planner_;
};

TEST_F(EventRowsTest, ARowSaysWhatWhoAndFromWhere) {
  Keep({EventKind::kTokenCreated, kAnn, "k"});
  Keep({EventKind::kLoginFailed, ""});
  const model::Resource& event = service_->resource(service_->event);
  call::RowSet rows = Rows();
  ASSERT_EQ(rows.rows.size(), 2u);
  EXPECT_EQ(TextIn(event, rows, "kind"), "authn_token_created");
  EXPECT_EQ(IdIn(event, rows, "userId"), kAnn);
  EXPECT_EQ(TextIn(event, rows, "subject"), "k");
  EXPECT_EQ(TextIn(event, rows, "address"), "192.0.2.1");
  EXPECT_EQ(TextIn(event, rows, "agent"), "curl/8");
  EXPECT_EQ(TextIn(event, rows, "requestId"), "request");
  EXPECT_EQ(IdIn(event, rows, "userId", 1), "");
  EXPECT_EQ(listener_.heard,
            fmt::format("authn_token_created/{}/192.0.2.1/curl/8 authn_login_fail//192.0.2.1/curl/8 ", kAnn));
}

TEST_F(EventRowsTest, NothingChangesARow) {
  for (auto kind : {model::OperationKind::kUpdate, model::OperationKind::kReplace}) {
    EXPECT_FALSE(service_->FindOperation(service_->event, kind).valid());
  }
}

TEST_F(EventRowsTest, TheOldAndThoseThatAreTooManyGo) {
  for (int i = 0; i < 230; ++i) {
    Keep({EventKind::kLoginFailed, "", std::to_string(i)});
    clock_.seconds += 1;
  }
  const model::Resource& event = service_->resource(service_->event);
  Sweep({.micros = 1000 * kSecond, .most = 1000});
  EXPECT_EQ(TextIn(event, Rows(), "subject"), "0");
  Sweep({.micros = 1000 * kSecond, .most = 20});
  call::RowSet rows = Rows();
  EXPECT_EQ(rows.rows.size(), 20u);
  EXPECT_EQ(TextIn(event, rows, "subject"), "210");
  Sweep({.micros = 5 * kSecond, .most = 1000});
  EXPECT_EQ(Rows().rows.size(), 5u);
}

}  // namespace
}  // namespace ashlar::identity
