// SPDX-License-Identifier: Apache-2.0
#include "app/access/policy.h"

#include <filesystem>
#include <set>

#include "app/access/fixture.h"
#include "app/access/short_ids.h"
#include "app/access/trial.h"
#include "plan/planner.h"
#include "store/sqlite/sqlite_store.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

namespace fs = std::filesystem;

using contract::PolicyTest;
using Outcomes = store::Outcomes;

constexpr int64_t kOneMicros = 5'000'000;
constexpr int64_t kAllMicros = 60'000'000;

// A store in a folder that goes with it.
class TemporaryStore {
 public:
  static Result<std::unique_ptr<TemporaryStore>> Open(const model::Service& service, Observer& observer) {
    std::error_code error;
    std::string folder = (fs::temp_directory_path(error) / "ashlar-check-XXXXXX").string();
    if (error || mkdtemp(folder.data()) == nullptr) {
      return Fail(ErrorKind::kUnavailable, fmt::format("there is nowhere to test in: {}", strerror(errno)));
    }
    std::unique_ptr<TemporaryStore> made(new TemporaryStore(folder));
    TRY(store, store::sqlite::Open(service, {.path = folder + "/test.db", .reader_threads = 1}, observer));
    made->store_ = std::move(store);
    return made;
  }
  ~TemporaryStore() {
    if (store_ != nullptr) store_->Close();
    store_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  store::Store& store() { return *store_; }

 private:
  explicit TemporaryStore(std::string folder) : folder_(std::move(folder)) {}
  std::string folder_;
  std::unique_ptr<store::Store> store_;
};

class Silence final : public Observer {
 public:
  void Observe(const Observation&) override {}
};

call::Caller CallerOf(const PolicyTest::Caller& as, ShortIds& ids) {
  call::Caller caller;
  if (as.anonymous) return caller;
  caller.kind = call::Caller::Kind::kPrincipal;
  caller.principal.kind = as.kind;
  caller.principal.roles = as.roles;
  caller.principal.scopes = as.scopes;
  caller.principal.claims = as.claims;
  if (as.kind != "service") {
    types::Uuid id = ids.Of(as.id.empty() ? kSomebody : std::string_view(as.id));
    caller.principal.id = id;
    caller.id = types::FormatUuid(id);
    caller.principal.email = as.email.empty() ? AddressOf(caller.id) : as.email;
  }
  return caller;
}

std::string_view NameOf(PolicyTest::Verdict verdict) {
  switch (verdict) {
    case PolicyTest::Verdict::kAllow: return "allow";
    case PolicyTest::Verdict::kDeny: return "deny";
    case PolicyTest::Verdict::kHidden: return "hidden";
  }
  return "";
}

bool IsVerdict(const call::Answer<call::Outcome>& answer, PolicyTest::Verdict verdict) {
  if (answer) return verdict == PolicyTest::Verdict::kAllow;
  bool denied = answer.error().code == call::Code::kUnauthenticated || answer.error().code == call::Code::kForbidden;
  if (denied) return verdict == PolicyTest::Verdict::kDeny;
  return answer.error().code == call::Code::kNotFound && verdict == PolicyTest::Verdict::kHidden;
}

class Tester {
 public:
  Tester(const model::Service& service, store::Store& store, contract::MistakeList& mistakes)
      : service_(service),
        planner_(service, plan::Planner::CursorKey{}),
        router_(service),
        store_(store),
        mistakes_(mistakes) {}

  void Run(const PolicyTest& test) {
    ShortIds ids;
    auto asked = Ask(router_, test.method, test.target);
    if (!asked) return Tell(test.when_at, Words(test, asked.error()));
    const model::Operation& operation = *asked->match.operation;
    const model::Resource& resource = service_.resource(operation.resource);
    ids.PutIn(resource, asked->match.row, asked->request);
    std::optional<json::Json> body = test.input;
    if (body) ids.PutIn(resource, *body);
    const call::Call call = DecodeAsked(service_, *asked, body);
    const call::Caller caller = CallerOf(test.as, ids);
    const Fixture fixture = MakeFixture(service_, test, caller, body, resource, ids);
    auto answer = RunCall(test, fixture, call, caller);
    if (answer) Judge(test, resource, *answer, ids);
  }

 private:
  // What the environment filled in may stand in the words of a refusal.
  static std::string Words(const PolicyTest& test, const call::ApiError& error) {
    if (!test.filled) return Describe(error);
    return fmt::format("{} {}", RowOf(error.code).status, RowOf(error.code).name);
  }

  void Tell(const contract::Mistake& at, std::string_view message) {
    mistakes_.push_back(contract::FailTest(at, message));
  }

  Context NewContext() {
    return {.request_id = "check",
            .deadline = Deadline::After(SystemClock(), kOneMicros),
            .clock = SystemClock(),
            .observer = silence_};
  }

  // All in one transaction, of which nothing remains. Nothing: a row of the fixture is not right, which is told.
  std::optional<call::Answer<call::Outcome>> RunCall(const PolicyTest& test, const Fixture& fixture,
                                                     const call::Call& call, const call::Caller& caller) {
    Context context = NewContext();
    call::Caller as;
    as.kind = call::Caller::Kind::kOperator;
    as.id = "operator";
    store::Unit unit;
    unit.discard = true;
    for (const Fixture::Step& step : fixture.steps) {
      auto plan = planner_.MakePlan(step.call, as, context);
      if (!plan) return TellRow(test, step, plan.error());
      unit.plans.push_back(std::move(*plan));
    }
    auto plan = planner_.MakePlan(call, caller, context);
    std::optional<call::Answer<call::Outcome>> refused;
    if (plan) unit.plans.push_back(std::move(*plan));
    if (!plan) refused = std::unexpected(std::move(plan).error());
    Outcomes outcomes;
    if (!unit.plans.empty()) {
      auto ran = store_.RunAndWait(context, unit);
      if (!ran) {
        Tell(test.when_at,
             ran.error().kind == ErrorKind::kTimeout ? "it takes more than 5 seconds" : ran.error().message);
        return std::nullopt;
      }
      outcomes = std::move(*ran);
    }
    for (size_t i = 0; i < fixture.steps.size() && i < outcomes.size(); ++i) {
      if (!outcomes[i]) return TellRow(test, fixture.steps[i], outcomes[i].error());
    }
    if (refused) return refused;
    return std::move(outcomes.back());
  }

  std::nullopt_t TellRow(const PolicyTest& test, const Fixture::Step& step, const call::ApiError& error) {
    if (step.row != nullptr) {
      Tell(step.row->at, fmt::format("there can be no such row of {}: {}", step.row->resource, Words(test, error)));
    } else {
      std::string who = test.filled ? "a User" : fmt::format("the User '{}'", step.name);
      Tell(test.when_at, fmt::format("{} cannot be made up, give it in rows: {}", who, Words(test, error)));
    }
    return std::nullopt;
  }

  void Judge(const PolicyTest& test, const model::Resource& resource, const call::Answer<call::Outcome>& answer,
             const ShortIds& ids) {
    if (!IsVerdict(answer, test.expect.verdict)) {
      std::string what = answer ? "it is allowed" : "the answer is " + Words(test, answer.error());
      return Tell(test.expect_at, fmt::format("expected {}, but {}", NameOf(test.expect.verdict), what));
    }
    if (!answer) return;
    const PolicyTest::Expected& expect = test.expect;
    if (!expect.fields && !expect.without && !expect.rows) return;
    if (answer->groups || !answer->history.empty()) {
      return Tell(test.expect_at, "it is allowed, and its answer holds no rows to look at");
    }
    const call::RowSet& rows = answer->rows;
    if (expect.rows) JudgeRows(test, rows, ids);
    if (!expect.fields && !expect.without) return;
    if (rows.rows.empty()) return Tell(test.expect_at, "it is allowed, but no row is shown");
    for (size_t i = 0; i < rows.rows.size(); ++i) {
      if (!JudgeFields(test, resource, ShownFields(service_, rows, i))) return;
    }
  }

  void JudgeRows(const PolicyTest& test, const call::RowSet& rows, const ShortIds& ids) {
    std::set<std::string> expected(test.expect.rows->begin(), test.expect.rows->end());
    std::set<std::string> shown;
    for (size_t i = 0; i < rows.rows.size(); ++i) shown.insert(ids.NameOf(IdOf(service_, rows, i)));
    if (shown == expected) return;
    std::string what = test.filled ? "others are shown" : fmt::format("these are shown: [{}]", fmt::join(shown, ", "));
    Tell(test.expect_at, fmt::format("not these rows: {}", what));
  }

  // What the system keeps of every row is passed over unless it is named.
  bool JudgeFields(const PolicyTest& test, const model::Resource& resource, const std::vector<std::string>& shown) {
    auto has = [](const std::vector<std::string>& names, const std::string& name) {
      return std::ranges::find(names, name) != names.end();
    };
    std::vector<std::string> wrong;
    if (test.expect.fields) {
      for (const std::string& name : *test.expect.fields) {
        if (!has(shown, name)) wrong.push_back(fmt::format("'{}' is not shown", name));
      }
      for (const std::string& name : shown) {
        model::FieldId field = resource.FindField(name);
        bool own = resource.field(field).system == model::SystemField::kNone;
        if (own && !has(*test.expect.fields, name)) wrong.push_back(fmt::format("'{}' is shown", name));
      }
    }
    if (test.expect.without) {
      for (const std::string& name : *test.expect.without) {
        if (has(shown, name)) wrong.push_back(fmt::format("'{}' is shown", name));
        if (!resource.FindField(name).valid()) wrong.push_back(fmt::format("there is no field '{}'", name));
      }
    }
    if (!wrong.empty()) Tell(test.expect_at, fmt::format("not these fields: {}", fmt::join(wrong, ", ")));
    return wrong.empty();
  }

  const model::Service& service_;
  plan::Planner planner_;
  surface::rest::Router router_;
  store::Store& store_;
  contract::MistakeList& mistakes_;
  Silence silence_;
};

}  // namespace

Result<void> RunPolicyTests(contract::Judgement& judgement) {
  if (judgement.service == nullptr || judgement.tests.empty() || judgement.rights_open) return {};
  Silence silence;
  TRY(temporary, TemporaryStore::Open(*judgement.service, silence));
  Tester tester(*judgement.service, temporary->store(), judgement.mistakes);
  const Deadline all = Deadline::After(SystemClock(), kAllMicros);
  for (const PolicyTest& test : judgement.tests) {
    if (all.Passed(SystemClock())) {
      judgement.mistakes.push_back(
          contract::FailTest(test.when_at, "all tests before this one took a minute: it and the rest are not run"));
      break;
    }
    tester.Run(test);
  }
  return {};
}

}  // namespace ashlar::app
