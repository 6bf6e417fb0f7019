// SPDX-License-Identifier: Apache-2.0
#include "app/explain/rehearsal.h"

#include "types/list_form.h"

namespace ashlar::app {
namespace {

constexpr int kMostSteps = 12;  // rows that refer to themselves would go on for ever

class Silence final : public Observer {
 public:
  void Observe(const Observation&) override {}
};

// A value that a field might hold. Not every pattern has an example that meets it.
types::Value ExampleOf(const model::Field& field) {
  auto value = field.type->Parse(field.type->Example());
  if (value) return std::move(*value);
  return field.type->kind() == types::Kind::kText ? types::Value{std::string("example")} : types::Value{};
}

void Append(const types::Value& value, types::Rows& rows) {
  bool fits = true;
  if (value.is_null()) return rows.AppendNull();
  switch (value.kind()) {
    case types::Kind::kBool: rows.AppendInteger(*value.get<bool>() ? 1 : 0); break;
    case types::Kind::kInt64: rows.AppendInteger(*value.get<int64_t>()); break;
    case types::Kind::kFloat64: rows.AppendReal(*value.get<double>()); break;
    case types::Kind::kDecimal: rows.AppendInteger(static_cast<int64_t>(value.get<types::Decimal>()->unscaled)); break;
    case types::Kind::kText: fits = rows.AppendText(*value.get<std::string>()); break;
    case types::Kind::kBytes: fits = rows.AppendText(value.get<types::Bytes>()->data); break;
    case types::Kind::kUuid: {
      const auto& bytes = value.get<types::Uuid>()->bytes;
      fits = rows.AppendText({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      break;
    }
    case types::Kind::kDate: rows.AppendInteger(value.get<types::Date>()->days); break;
    case types::Kind::kTimestamp: rows.AppendInteger(value.get<types::Timestamp>()->micros); break;
    case types::Kind::kDuration: rows.AppendInteger(value.get<types::Duration>()->micros); break;
    case types::Kind::kJson: fits = rows.AppendText(value.get<types::JsonText>()->text); break;
    case types::Kind::kList: fits = rows.AppendText(types::ToListForm(*value.get<types::List>())); break;
  }
  if (!fits) rows.AppendNull();
}

// Makes up what a store might answer.
struct MakeUp {
  const model::Service& service;

  plan::Answer operator()(const plan::Query& query) const {
    const model::Resource& resource = service.resource(query.resource);
    types::Rows rows(query.cells());
    if (query.where != nullptr && cel::IsFalse(query.where)) return rows;  // as every store would answer
    int64_t count = std::min<int64_t>(query.limit.value_or(1), 2);
    for (int64_t row = 0; row < count; ++row) {
      for (model::FieldId field : query.fields) Append(ExampleOf(resource.field(field)), rows);
      for (size_t i = 0; i < query.flags.size(); ++i) rows.AppendInteger(1);
      if (query.between) Append(query.among_values[0], rows);
    }
    return rows;
  }
  plan::Answer operator()(const plan::Lookup& lookup) const { return (*this)(*lookup.form); }
  plan::Answer operator()(const plan::Count&) const { return OneRow(1); }
  plan::Answer operator()(const plan::Aggregate& groups) const {
    return OneRow(groups.counts ? 1 : groups.keys.size() + groups.measures.size());
  }
  plan::Answer operator()(const plan::Probe& probe) const { return OneRow(probe.expressions.size()); }
  plan::Answer operator()(const plan::Insert&) const { return plan::Written{1, types::Value{int64_t{1}}}; }
  plan::Answer operator()(const plan::Update&) const { return plan::Written{1, {}}; }
  plan::Answer operator()(const plan::Delete&) const { return plan::Written{1, {}}; }

 private:
  static plan::Answer OneRow(size_t columns) {
    types::Rows rows(columns);
    for (size_t i = 0; i < columns; ++i) rows.AppendInteger(1);
    return rows;
  }
};

}  // namespace

call::Answer<Rehearsed> Rehearse(const plan::Planner& planner, const call::Call& call, const call::Caller& caller) {
  Silence silence;
  Context context{.request_id = "explain", .deadline = {}, .clock = SystemClock(), .observer = silence};
  auto plan = planner.MakePlan(call, caller, context);
  if (!plan) return std::unexpected(std::move(plan).error());
  plan::Program& program = plan->program();
  Rehearsed rehearsed;
  program.Start();
  std::vector<plan::Answer> answers;
  for (int step = 0; step < kMostSteps; ++step) {
    std::vector<plan::Statement> statements = program.Advance(std::move(answers));
    if (statements.empty()) {
      auto outcome = program.Take();
      if (outcome && outcome->page && outcome->page->next) rehearsed.next = *outcome->page->next;
      break;
    }
    answers.clear();
    for (plan::Statement& statement : statements) {
      if (const auto* lookup = std::get_if<plan::Lookup>(&statement)) {
        statement = plan::Whole(planner.service(), *lookup);
      }
      answers.push_back(std::visit(MakeUp{planner.service()}, statement));
    }
    std::ranges::move(statements, std::back_inserter(rehearsed.statements));
  }
  return rehearsed;
}

}  // namespace ashlar::app
