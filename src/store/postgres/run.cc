// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/run.h"

#include <algorithm>

#include "base/crypto/sha256.h"
#include "types/list_form.h"

namespace ashlar::store::postgres {
namespace {

constexpr std::string_view kSavepoint = "SAVEPOINT ashlar", kRelease = "RELEASE SAVEPOINT ashlar",
                           kBack = "ROLLBACK TO SAVEPOINT ashlar";

// What a unit is run with.
struct Means {
  Way& way;
  const model::Service& service;
  const Violations& violations;
  Context& context;
};

using Answers = std::vector<plan::Answer>;
using Outcome = Result<call::Answer<call::Outcome>>;

plan::ResourceId ResourceOf(const plan::Statement& statement) {
  return std::visit([](const auto& one) { return one.resource; }, statement);
}

Result<plan::Answer> AnswerOf(const Means& means, const plan::Statement& statement, Reply reply) {
  if (auto* trouble = std::get_if<Trouble>(&reply)) {
    auto violation = means.violations.Of(*trouble, ResourceOf(statement));
    if (violation) return std::move(*violation);
    return std::unexpected(ErrorOf(*trouble));
  }
  if (const auto* count = std::get_if<int64_t>(&reply)) return plan::Answer(plan::Written{*count, {}});
  auto& rows = std::get<types::Rows>(reply);
  if (!std::holds_alternative<plan::Insert>(statement)) return plan::Answer(std::move(rows));
  return plan::Answer(plan::Written{1, rows.at(0, 0).integer});
}

// One step of a program: its statements go together.
Task<Result<Answers>> RunStep(Means means, const std::vector<plan::Statement>& statements) {
  Context& context = means.context;
  if (context.deadline.Passed(context.clock)) co_return Fail(ErrorKind::kTimeout, "the deadline has passed");
  std::vector<sql::Sql> asked;
  for (const plan::Statement& one : statements) {
    if (ResourceOf(one) != means.service.audit) ++context.statements;
    asked.push_back(sql::Render(means.service, sql::Postgres(), one));
  }
  auto replies = co_await means.way.Ask(context, std::move(asked), statements);
  if (!replies) co_return std::unexpected(replies.error());
  Answers answers;
  for (size_t i = 0; i < replies->size(); ++i) {
    auto answer = AnswerOf(means, statements[std::min(i, statements.size() - 1)], std::move((*replies)[i]));
    if (!answer) co_return std::unexpected(answer.error());
    answers.push_back(std::move(*answer));
  }
  co_return answers;
}

Task<Outcome> RunProgram(Means means, plan::Program& program) {
  program.Start();
  Answers answers;
  while (true) {
    const std::vector<plan::Statement> statements = program.Advance(std::move(answers));
    if (statements.empty()) co_return program.Take();
    auto step = co_await RunStep(means, statements);
    if (!step) co_return std::unexpected(step.error());
    answers = std::move(*step);
  }
}

// What a program throws is an Error of its own.
Task<Outcome> RunGuarded(Means means, plan::Program& program) {
  std::string thrown;
  try {
    auto outcome = co_await RunProgram(means, program);
    co_return outcome;
  } catch (const std::exception& error) {
    thrown = error.what();
  }
  co_return Fail(ErrorKind::kInternal, std::move(thrown));
}

Task<Result<void>> RunFeed(Means means, Feed& feed) {
  feed.Start();
  while (true) {
    auto plan = feed.Next();
    if (!plan) co_return std::unexpected(plan.error());
    if (!*plan) co_return Result<void>();
    auto outcome = co_await RunGuarded(means, (*plan)->program());
    if (!outcome) co_return std::unexpected(outcome.error());
    feed.Answered(std::move(*outcome));
  }
}

Task<Result<Outcomes>> RunPlans(Means means, Unit& unit) {
  Outcomes outcomes;
  for (plan::Plan& plan : unit.plans) {
    auto outcome = co_await RunGuarded(means, plan.program());
    if (!outcome) co_return std::unexpected(outcome.error());
    const bool refused = !outcome->has_value();
    outcomes.push_back(std::move(*outcome));
    if (refused && !unit.collect_all) break;
  }
  if (unit.feed == nullptr) co_return outcomes;
  auto fed = co_await RunFeed(means, *unit.feed);
  if (!fed) co_return std::unexpected(fed.error());
  co_return outcomes;
}

// The key of the row that a statement writes; nothing where it writes none, or the store gives it its key.
std::optional<types::List> KeyOf(const model::Service& service, const plan::Statement& statement) {
  types::List key;
  if (const auto* insert = std::get_if<plan::Insert>(&statement)) {
    for (model::FieldId part : service.resource(insert->resource).key) key.items.push_back(insert->row[part.index()]);
  } else if (const auto* update = std::get_if<plan::Update>(&statement)) {
    key.items = update->key;
  } else if (const auto* remove = std::get_if<plan::Delete>(&statement)) {
    key.items = remove->key;
  } else {
    return std::nullopt;
  }
  if (std::ranges::any_of(key.items, &types::Value::is_null)) return std::nullopt;
  return key;
}

std::vector<Ask> AsksOf(const std::vector<sql::Sql>& statements) {
  std::vector<Ask> asks;
  for (const sql::Sql& one : statements) asks.push_back({one.text, one.parameters, one.columns, one.measures});
  return asks;
}

}  // namespace

Task<Result<Replies>> SharedWay::Ask(Context& context, std::vector<sql::Sql> statements, Plans) {
  auto replies = co_await pool_.Read(context, AsksOf(statements));
  co_return replies;
}

Task<Result<void>> HeldWay::Queue(Context& context, int64_t turn) {
  const types::Values number{turn};
  std::vector<postgres::Ask> asks{{.sql = "SELECT pg_advisory_lock($1::bigint)", .parameters = number}};
  lease_->set_locks(true);
  auto replies = co_await lease_->Run(context, std::move(asks), Effect::kWrites);
  if (!replies) co_return std::unexpected(replies.error());
  if (const Trouble* trouble = TroubleIn(*replies)) co_return std::unexpected(ErrorOf(*trouble));
  co_return Result<void>();
}

Task<Result<void>> HeldWay::Restart(Context& context, bool careful) {
  careful_ = careful;
  if (std::exchange(begun_, false)) {
    std::vector<postgres::Ask> asks{{.sql = "ROLLBACK"}};
    auto replies = co_await lease_->Run(context, std::move(asks), Effect::kWrites);
    if (!replies) co_return std::unexpected(replies.error());
    if (const Trouble* trouble = TroubleIn(*replies)) co_return std::unexpected(ErrorOf(*trouble));
  }
  refused_ = spoilt_ = may_go_again_ = false;
  co_return Result<void>();
}

std::optional<int64_t> HeldWay::turn() const {
  if (!written_) return std::nullopt;
  const Digest digest =
      Sha256(fmt::format("{} {}", service_.resource(written_->resource).table, types::ToListForm(written_->key)));
  int64_t turn = 0;
  for (size_t i = 0; i < sizeof turn; ++i) turn = turn << 8 | digest[i];
  return turn;
}

bool HeldWay::Remember(const plan::Statement& statement) {
  auto key = KeyOf(service_, statement);
  if (key) written_ = {ResourceOf(statement), std::move(*key)};
  return key.has_value();
}

// A number that was counted up and is there already was chosen by somebody in the same moment: the next one is free.
void HeldWay::Notice(const Trouble& trouble, const plan::Statement& refused) {
  const bool counted = std::holds_alternative<plan::Insert>(refused) && !KeyOf(service_, refused);
  if (counted && trouble.state == "23505" && trouble.constraint.ends_with("_pkey")) may_go_again_ = true;
  if (may_go_again_) Remember(refused);
}

// What opens the transaction, or brings it back to where it was, goes along with the statements.
Task<Result<Replies>> HeldWay::Ask(Context& context, std::vector<sql::Sql> statements, Plans plans) {
  if (refused_ && !careful_) {
    spoilt_ = true;
    co_return Fail(ErrorKind::kInternal, "something was asked behind a refusal");
  }
  const bool behind = careful_ && std::ranges::any_of(plans, sql::Writes);
  for (size_t i = plans.size(); i > 0; --i) {
    if (Remember(plans[i - 1])) break;
  }
  std::vector<postgres::Ask> asks;
  if (!begun_) asks.push_back({begin_});
  if (refused_) asks.push_back({kBack});
  if (refused_) asks.push_back({kRelease});
  if (behind) asks.push_back({kSavepoint});
  const size_t before = asks.size();
  std::ranges::move(AsksOf(statements), std::back_inserter(asks));
  if (behind) asks.push_back({kRelease});
  begun_ = true;
  refused_ = false;
  auto replies = co_await lease_->Run(context, std::move(asks), Effect::kWrites);
  if (!replies) co_return std::unexpected(replies.error());
  const Trouble* trouble = TroubleIn(*replies);
  may_go_again_ = trouble != nullptr && MayGoAgain(*trouble);
  refused_ = trouble != nullptr;
  const size_t refused = replies->size() - 1 - before;  // where one of them was
  if (trouble != nullptr && refused < plans.size()) Notice(*trouble, plans[refused]);
  if (replies->size() <= before && trouble != nullptr) co_return std::unexpected(ErrorOf(*trouble));
  if (behind && trouble == nullptr) replies->pop_back();
  replies->erase(replies->begin(), replies->begin() + static_cast<std::ptrdiff_t>(before));
  co_return std::move(*replies);
}

// References are looked at first, so that it is told whether one of them leads nowhere.
Task<Result<std::optional<Trouble>>> HeldWay::Commit(Context& context) {
  if (!begun_) co_return std::nullopt;
  if (refused_ && !careful_) {  // the server would take it for a rollback
    spoilt_ = true;
    co_return Fail(ErrorKind::kInternal, "something is to be kept behind a refusal");
  }
  std::vector<postgres::Ask> asks;
  if (refused_) asks.push_back({kBack});
  asks.push_back({"SET CONSTRAINTS ALL IMMEDIATE"});
  asks.push_back({"COMMIT"});
  auto replies = co_await lease_->Run(context, std::move(asks), Effect::kCommits);
  if (!replies) co_return std::unexpected(replies.error());
  const Trouble* trouble = TroubleIn(*replies);
  may_go_again_ = trouble != nullptr && MayGoAgain(*trouble);
  if (trouble == nullptr) co_return std::nullopt;
  co_return std::optional<Trouble>(*trouble);
}

Task<Result<Outcomes>> RunUnit(Way& way, const model::Service& service, const Violations& violations, Context& context,
                               Unit& unit) {
  const int64_t begun = context.clock.SteadyMicros();
  context.statements = 0;
  auto outcomes = co_await RunPlans({way, service, violations, context}, unit);
  context.store_us += context.clock.SteadyMicros() - begun;
  co_return outcomes;
}

}  // namespace ashlar::store::postgres
