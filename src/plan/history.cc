// SPDX-License-Identifier: Apache-2.0
#include "plan/history.h"

#include "base/json/json.h"
#include "model/row_id.h"

namespace ashlar::plan {
namespace {

using cel::ExprPtr;

constexpr std::string_view kShown[] = {"id",    "action",   "rowVersion", "before",
                                       "after", "callerId", "requestId",  "createdAt"};

// Is the row there for the caller, and may it see the row's past? Then its audit, newest first, back to its creation:
// a row that had the same id before is another one.
class HistoryProgram final : public Program {
 public:
  explicit HistoryProgram(HistoryPlan plan) : plan_(std::move(plan)) {}

  void Start() override {
    step_ = 0;
    error_.reset();
    outcome_ = {};
  }

  std::vector<Statement> Advance(std::vector<Answer> answers) override {
    switch (step_++) {
      case 0: return {plan_.row};
      case 1: return Judge(std::get<types::Rows>(answers[0]));
      case 2: return AskEntries(std::get<types::Rows>(answers[0]));
      case 3: TakeEntries(answers); return {};
      default: return {};
    }
  }

  call::Answer<call::Outcome> Take() override {
    if (error_) return std::unexpected(std::move(*error_));
    return std::move(outcome_);
  }

 private:
  std::vector<Statement> Judge(const types::Rows& rows) {
    if (rows.empty()) {
      error_ = call::ApiError{call::Code::kNotFound, "there is no such row", {}};
      return {};
    }
    if (rows.at(0, plan_.row.fields.size()).integer == 0) {
      error_ = plan_.denied;
      return {};
    }
    return {plan_.birth};
  }

  std::vector<Statement> AskEntries(const types::Rows& birth) const {
    Query entries = plan_.entries;
    Count count = plan_.count;
    if (!birth.empty()) {
      ExprPtr first = cel::MakeLiteral(plan_.id_type->ToValue(birth.at(0, 0)), plan_.id->type);
      ExprPtr since = MakeCall(cel::Op::kGreaterOrEqual, {plan_.id, first});
      entries.where = count.where = cel::And(entries.where, since);
    }
    return {std::move(entries), std::move(count)};
  }

  void TakeEntries(std::vector<Answer>& answers) {
    const auto& rows = std::get<types::Rows>(answers[0]);
    auto text = [](const types::Cell& cell) { return cell.is_null() ? std::string() : std::string(cell.text()); };
    for (size_t i = 0; i < rows.size() && i < static_cast<size_t>(plan_.per_page); ++i) {
      call::HistoryEntry entry;
      entry.id = types::FormatUuid(*plan_.id_type->ToValue(rows.at(i, 0)).get<types::Uuid>());
      entry.action = text(rows.at(i, 1));
      entry.version = rows.at(i, 2).integer;
      entry.before = Mask(text(rows.at(i, 3)));
      entry.after = Mask(text(rows.at(i, 4)));
      entry.caller_id = text(rows.at(i, 5));
      entry.request_id = text(rows.at(i, 6));
      entry.at = types::Timestamp{rows.at(i, 7).integer};
      outcome_.history.push_back(std::move(entry));
    }
    call::PageInfo page;
    page.page = plan_.page;
    page.per_page = plan_.per_page;
    page.total = std::get<types::Rows>(answers[1]).at(0, 0).integer;
    page.has_next = rows.size() > static_cast<size_t>(plan_.per_page);
    outcome_.page = page;
  }

  // An image of the past shows the fields that the caller may read in every row; others are absent, as are fields
  // that the resource no longer has.
  std::string Mask(std::string image) const {
    auto parsed = json::Parse(image, {.depth = 128, .bytes = SIZE_MAX});
    if (!parsed || parsed->object() == nullptr) return "";
    json::Object shown;
    for (json::Member& member : std::get<json::Object>(parsed->value)) {
      if (plan_.visible.contains(member.name)) shown.push_back(std::move(member));
    }
    return json::ToText(json::Json{std::move(shown)});
  }

  HistoryPlan plan_;
  int step_ = 0;
  std::optional<call::ApiError> error_;
  call::Outcome outcome_;
};

}  // namespace

HistoryPlan MakeHistoryPlan(const model::Resource& resource, const Values& key, const Rules& rules, int64_t page,
                            int64_t per_page) {
  HistoryPlan plan;
  const model::Resource& audit = rules.service().resource(rules.service().audit);
  plan.row.resource = resource.id;
  plan.row.fields = resource.key;
  plan.row.flags = {rules.Access(resource, &model::Access::history)};
  plan.row.where = cel::And(KeyIs(resource, key), rules.Access(resource, &model::Access::get));
  plan.row.limit = 1;
  ExprPtr row = RowAt(audit.id, 0);
  auto is = [&](std::string_view name, std::string text) {
    FieldId id = audit.FindField(name);
    return MakeCall(cel::Op::kEqual, {FieldOf(audit, id, row), LiteralFor(audit.field(id), std::move(text))});
  };
  plan.entries.resource = audit.id;
  for (std::string_view name : kShown) plan.entries.fields.push_back(audit.FindField(name));
  plan.entries.where = cel::And(is("resource", resource.name), is("rowId", model::FormatId(resource, key)));
  plan.entries.order = {{audit.key[0], true}};
  plan.entries.limit = per_page + 1;
  plan.entries.offset = (page - 1) * per_page;
  plan.birth.resource = audit.id;
  plan.birth.fields = audit.key;
  plan.birth.where = cel::And(plan.entries.where, is("action", "create"));
  plan.birth.order = plan.entries.order;
  plan.birth.limit = 1;
  plan.id = FieldOf(audit, audit.key[0], row);
  plan.count = {audit.id, plan.entries.where, call::Deleted::kWithout, 0};
  plan.page = page;
  plan.per_page = per_page;
  plan.id_type = audit.field(audit.key[0]).type;
  plan.denied = rules.Denied("the history of this row");
  for (const model::Field& field : resource.fields) {
    if (rules.AlwaysReads(field)) plan.visible.insert(field.name);
  }
  return plan;
}

std::unique_ptr<Program> MakeHistoryProgram(HistoryPlan plan) {
  return std::make_unique<HistoryProgram>(std::move(plan));
}

}  // namespace ashlar::plan
