// SPDX-License-Identifier: Apache-2.0
#include "recipes/memory_store/case_run.h"

#include <charconv>

#include "base/json/writer.h"
#include "call/aggregation.h"
#include "call/where.h"
#include "recipes/memory_store/either_store.h"

namespace ashlar::recipes {
namespace {

class StoppedClock final : public Clock {
 public:
  int64_t NowMicros() const override { return 1'700'000'000'000'000; }
  int64_t SteadyMicros() const override { return 1; }
};

std::string TextAt(const json::Json& object, std::string_view name) {
  const json::Json* member = object.Find(name);
  return member == nullptr || member->string() == nullptr ? "" : *member->string();
}

std::vector<std::string> TextsAt(const json::Json& object, std::string_view name) {
  std::vector<std::string> texts;
  const json::Json* member = object.Find(name);
  if (member == nullptr || member->array() == nullptr) return texts;
  for (const json::Json& one : *member->array()) texts.push_back(*one.string());
  return texts;
}

std::optional<int64_t> NumberAt(const json::Json& object, std::string_view name) {
  const json::Json* member = object.Find(name);
  if (member == nullptr) return std::nullopt;
  const std::string& token = member->number()->token;
  int64_t number = 0;
  std::from_chars(token.data(), token.data() + token.size(), number);
  return number;
}

// "author.name[gte]=a,b": the values of a list parted by commas.
call::Condition ConditionOf(const std::string& text) {
  size_t bracket = text.find('[');
  size_t equals = text.find('=');
  call::Condition condition;
  condition.place = text.substr(0, equals);
  std::string path = text.substr(0, std::min(bracket, equals)) + ".";
  for (size_t at = 0, end; (end = path.find('.', at)) != std::string::npos; at = end + 1) {
    condition.path.push_back(path.substr(at, end - at));
  }
  if (bracket < equals) {
    condition.op = call::FindOperator(text.substr(bracket + 1, text.find(']') - bracket - 1))->op;
  }
  std::string values = text.substr(equals + 1);
  if (!call::RowOf(condition.op).many) {
    condition.values.push_back(values);
    return condition;
  }
  values += ",";
  for (size_t at = 0, end; (end = values.find(',', at)) != std::string::npos; at = end + 1) {
    condition.values.push_back(values.substr(at, end - at));
  }
  return condition;
}

// "having" is written as conditions are, about one function: "sum(price)[gte]=10".
std::shared_ptr<const call::Aggregation> AggregationOf(const json::Json& step) {
  if (step.Find("select") == nullptr) return nullptr;
  call::Aggregation aggregation{.select = TextsAt(step, "select"), .group_by = TextsAt(step, "groupBy")};
  for (const std::string& text : TextsAt(step, "having")) aggregation.having.push_back(ConditionOf(text));
  if (step.Find("tz") != nullptr) aggregation.zone = TextAt(step, "tz");
  return std::make_shared<const call::Aggregation>(std::move(aggregation));
}

// The cells of each group by what they are called: "categoryId", "sum price".
void WriteGroups(const call::GroupSet& groups, json::Writer& out) {
  for (size_t row = 0; row < groups.rows.size(); ++row) {
    out.BeginObject();
    for (size_t i = 0; i < groups.columns.size(); ++i) {
      const call::GroupSet::Column& column = groups.columns[i];
      out.Key(column.member + (column.field.empty() ? "" : " ") + column.field);
      const types::Cell& cell = groups.rows.at(row, i);
      cell.is_null() ? out.Null() : column.type->Format(cell, out);
    }
    out.EndObject();
  }
}

void WriteRow(const model::Service& service, const call::RowSet& set, size_t row, json::Writer& out) {
  const model::Resource& resource = service.resource(set.resource);
  out.BeginObject();
  for (const call::RowSet::Column& column : set.columns) {
    if (column.mask >= 0 && set.rows.at(row, static_cast<size_t>(column.mask)).integer != 1) continue;
    const model::Field& field = resource.field(column.field);
    const types::Cell& cell = set.rows.at(row, column.cell);
    out.Key(field.name);
    if (cell.is_null()) {
      out.Null();
    } else {
      field.type->Format(cell, out);
    }
  }
  for (const call::Included& included : set.included) {
    const std::vector<uint32_t>& rows = included.of_parent[row];
    out.Key(included.key);
    if (included.to_many) out.BeginArray();
    if (!included.to_many && rows.empty()) out.Null();
    for (uint32_t one : rows) WriteRow(service, included.set, one, out);
    if (included.to_many) out.EndArray();
  }
  out.EndObject();
}

json::Json Parsed(const std::string& text) {
  auto parsed = json::Parse(text);
  return parsed ? std::move(*parsed) : json::Json(text);
}

json::Json TellError(const call::ApiError& error) {
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  out.Field("code", call::RowOf(error.code).name);
  out.Field("message", error.message);
  out.Key("details");
  out.BeginArray();
  for (const call::ErrorDetail& detail : error.details) {
    out.String(fmt::format("{} {}", detail.field, types::NameOf(detail.code)));
  }
  out.EndArray();
  out.EndObject();
  return Parsed(text);
}

json::Json TellOutcome(const model::Service& service, const call::Outcome& outcome, int statements) {
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  out.Key("rows");
  out.BeginArray();
  for (size_t row = 0; row < outcome.rows.rows.size(); ++row) WriteRow(service, outcome.rows, row, out);
  if (outcome.groups) WriteGroups(*outcome.groups, out);
  out.EndArray();
  out.Field("id", outcome.id);
  out.Field("created", outcome.created);
  out.Field("version", outcome.version);
  out.Field("statements", statements);
  if (outcome.page) {
    out.Field("total", outcome.page->total.value_or(-1));
    out.Field("next", outcome.page->cursor ? outcome.page->next.has_value() : outcome.page->has_next);
    out.Field("previous", outcome.page->previous.has_value());
  }
  out.Key("history");
  out.BeginArray();
  for (const call::HistoryEntry& entry : outcome.history) {
    out.String(fmt::format("{} of version {} by {}", entry.action, entry.version, entry.caller_id));
  }
  out.EndArray();
  out.EndObject();
  return Parsed(text);
}

}  // namespace

CaseRun::CaseRun(const model::Service& service, store::Store& store)
    : service_(service), store_(store), planner_(service, {}) {}

call::Call CaseRun::CallOf(const json::Json& step) const {
  call::Call call;
  for (const model::Operation& operation : service_.operations) {
    if (operation.name == TextAt(step, "do")) call.operation = operation.id;
  }
  call.id = TextAt(step, "id");
  if (const json::Json* body = step.Find("body")) call.body = *body;
  call.selection.fields = TextsAt(step, "fields");
  for (const std::string& relation : TextsAt(step, "include")) {
    call.selection.includes.push_back({relation, relation, {TextsAt(step, "fields of " + relation), {}}});
  }
  for (const std::string& condition : TextsAt(step, "where")) call.where.push_back(ConditionOf(condition));
  call.aggregation = AggregationOf(step);
  if (const json::Json* tree = step.Find("tree")) {
    std::vector<std::string> wrong;
    for (call::Condition& condition : call::ReadWhere(*tree, wrong)) call.where.push_back(std::move(condition));
  }
  call.filter = TextAt(step, "filter");
  if (step.Find("search") != nullptr) call.search = TextAt(step, "search");
  for (const std::string& term : TextsAt(step, "sort")) {
    bool descending = term.starts_with('-');
    call.sort.push_back({descending ? term.substr(1) : term, descending});
  }
  call.paging.page = NumberAt(step, "page").value_or(1);
  call.paging.per_page = NumberAt(step, "perPage");
  std::string cursor = TextAt(step, "cursor");
  call.paging.cursor = !cursor.empty();
  call.paging.backwards = cursor == "before";
  if (cursor != "first") call.paging.at = call.paging.backwards ? previous_ : next_;
  if (TextAt(step, "deleted") == "with") call.deleted = call::Deleted::kWith;
  if (TextAt(step, "deleted") == "only") call.deleted = call::Deleted::kOnly;
  return call;
}

json::Json CaseRun::Answer(const json::Json& step) {
  static const StoppedClock kClock;
  Context context{.request_id = "case", .clock = kClock, .observer = Nobody()};
  call::Caller caller;
  if (TextAt(step, "as").empty()) caller = {.kind = call::Caller::Kind::kOperator, .principal = {}, .id = "operator"};
  call::Call call = CallOf(step);
  if (!call.operation.valid()) return Parsed(R"({"trouble": "there is no such operation"})");
  auto plan = planner_.MakePlan(call, caller, context);
  if (!plan) return TellError(plan.error());
  store::Unit unit;
  unit.plans.push_back(std::move(*plan));
  auto outcomes = store_.RunAndWait(context, unit);
  if (!outcomes) {
    std::string text = R"({"trouble": )";
    json::AppendQuoted(outcomes.error().message, text);
    return Parsed(text + "}");
  }
  const auto& outcome = outcomes->at(0);
  if (!outcome) return TellError(outcome.error());
  if (outcome->page && outcome->page->next) next_ = *outcome->page->next;
  if (outcome->page && outcome->page->previous) previous_ = *outcome->page->previous;
  return TellOutcome(service_, *outcome, context.statements);
}

}  // namespace ashlar::recipes
