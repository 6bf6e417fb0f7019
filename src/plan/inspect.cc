// SPDX-License-Identifier: Apache-2.0
#include "plan/inspect.h"

#include "plan/rules.h"
#include "plan/write_program.h"

namespace ashlar::plan {
namespace {

// Reads the row, then asks what the expressions come to over it.
class InspectProgram final : public Program {
 public:
  InspectProgram(const model::Resource& resource, Values key, std::vector<cel::ExprPtr> expressions)
      : resource_(resource), key_(std::move(key)), expressions_(std::move(expressions)) {}

  void Start() override {
    step_ = 0;
    found_ = false;
    outcome_ = {};
  }

  std::vector<Statement> Advance(std::vector<Answer> answers) override {
    switch (step_++) {
      case 0: return Only(RowQuery());
      case 1: return AskAll(std::get<types::Rows>(answers[0]));
      default: break;
    }
    outcome_.groups.emplace();
    outcome_.groups->rows = std::get<types::Rows>(std::move(answers[0]));
    return {};
  }

  call::Answer<call::Outcome> Take() override {
    if (!found_) return call::Refuse(call::Code::kNotFound, "there is no such row");
    return std::move(outcome_);
  }

 private:
  Query RowQuery() const {
    Query query;
    query.resource = resource_.id;
    for (size_t i = 0; i < resource_.fields.size(); ++i) query.fields.push_back(FieldId{static_cast<uint32_t>(i)});
    query.where = KeyIs(resource_, key_);
    query.deleted = call::Deleted::kWith;
    query.limit = 1;
    return query;
  }

  std::vector<Statement> AskAll(const types::Rows& rows) {
    found_ = !rows.empty();
    if (!found_) return {};
    if (expressions_.empty()) {
      outcome_.groups.emplace();
      return {};
    }
    Probe probe;
    probe.resource = resource_.id;
    for (size_t i = 0; i < resource_.fields.size(); ++i) {
      probe.row.push_back(resource_.fields[i].type->ToValue(rows.at(0, i)));
    }
    probe.expressions = expressions_;
    return Only(std::move(probe));
  }

  const model::Resource& resource_;
  const Values key_;
  const std::vector<cel::ExprPtr> expressions_;
  int step_ = 0;
  bool found_ = false;
  call::Outcome outcome_;
};

}  // namespace

std::unique_ptr<Program> MakeInspectProgram(const model::Resource& resource, Values key,
                                            std::vector<cel::ExprPtr> expressions) {
  return std::make_unique<InspectProgram>(resource, std::move(key), std::move(expressions));
}

}  // namespace ashlar::plan
