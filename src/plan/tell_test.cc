// SPDX-License-Identifier: Apache-2.0
// Plans as texts that a reader can judge.
#include "cel/functions.h"
#include "plan/world_test.h"
#include "types/uuid.h"

namespace ashlar::plan {
namespace {

std::string_view NameOf(cel::Op op) {
  if (op == cel::Op::kEqualIgnoringCase) return "ieq";
  if (op == cel::Op::kContainsIgnoringCase) return "icontains";
  for (const cel::FunctionRow& row : cel::Functions()) {
    if (row.op == op) return row.name;
  }
  return "?";
}

std::string_view NameOf(cel::Macro macro) {
  switch (macro) {
    case cel::Macro::kAll: return "all";
    case cel::Macro::kExists: return "exists";
    case cel::Macro::kExistsOne: return "exists_one";
    case cel::Macro::kMap: return "map";
    case cel::Macro::kFilter: return "filter";
  }
  return "?";
}

std::string Braced(const std::string& text) { return text.empty() ? "" : "{" + text + "}"; }

}  // namespace

std::string World::Tell(const Value& value) const {
  if (value.is_null()) return "null";
  if (const auto* uuid = value.get<types::Uuid>()) {
    std::string text = types::FormatUuid(*uuid);
    return text == kAnn ? "ann" : text == kBob ? "bob" : text;
  }
  if (const auto* text = value.get<std::string>()) return "'" + *text + "'";
  if (const auto* integer = value.get<int64_t>()) return std::to_string(*integer);
  if (const auto* boolean = value.get<bool>()) return *boolean ? "true" : "false";
  if (const auto* real = value.get<double>()) return fmt::format("{}", *real);
  if (const auto* list = value.get<types::List>()) return "[" + TellAll(list->items) + "]";
  if (const auto* document = value.get<types::JsonText>()) return document->text;
  if (const auto* time = value.get<types::Timestamp>()) return time->micros == kNow ? "now" : "then";
  if (const auto* decimal = value.get<types::Decimal>()) {
    return fmt::format("{}e-{}", static_cast<int64_t>(decimal->unscaled), decimal->scale);
  }
  return types::NameOf(value.kind());
}

std::string World::TellAll(const Values& values) const {
  std::vector<std::string> texts;
  for (const Value& value : values) texts.push_back(Tell(value));
  return fmt::format("{}", fmt::join(texts, ", "));
}

std::string World::TellAll(const std::vector<cel::ExprPtr>& exprs) const {
  std::vector<std::string> texts;
  for (const cel::ExprPtr& expr : exprs) texts.push_back(Tell(expr));
  return fmt::format("{}", fmt::join(texts, "; "));
}

// The row in slot 0 goes without saying.
std::string World::TellPath(const cel::Expr& row, std::string_view name) const {
  const auto* variable = row.get<cel::Variable>();
  if (variable != nullptr && variable->slot == 0) return std::string(name);
  return fmt::format("{}.{}", Tell(std::make_shared<const cel::Expr>(row)), name);
}

std::string World::TellCall(const cel::Call& call) const {
  std::vector<std::string> arguments;
  for (const cel::ExprPtr& argument : call.arguments) arguments.push_back(Tell(argument));
  std::string_view name = NameOf(call.op);
  bool is_word = name[0] >= 'a' && name[0] <= 'z' && call.op != cel::Op::kIn;
  if (!is_word && arguments.size() == 2) return fmt::format("({} {} {})", arguments[0], name, arguments[1]);
  return fmt::format("{}({})", name, fmt::join(arguments, ", "));
}

std::string World::Tell(const cel::ExprPtr& expr) const {
  if (expr == nullptr) return "nothing";
  if (const auto* literal = expr->get<cel::Literal>()) return Tell(literal->value);
  if (expr->get<cel::Failure>() != nullptr) return "failure";
  if (const auto* variable = expr->get<cel::Variable>()) return fmt::format("${}", variable->slot);
  if (const auto* of = expr->get<cel::Field>()) {
    return TellPath(*of->row, service_->resource(of->row->type.resource).field(of->field).name);
  }
  if (const auto* relation = expr->get<cel::Relation>()) {
    const model::Resource& from = service_->resource(relation->row->type.resource);
    std::string path = TellPath(*relation->row, from.relation(relation->relation).name);
    if (relation->guard.rule == nullptr) return path;
    return fmt::format("{}[${} if {}]", path, relation->guard.slot, Tell(relation->guard.rule));
  }
  if (const auto* call = expr->get<cel::Call>()) return TellCall(*call);
  if (const auto* list = expr->get<cel::ListOf>()) return "[" + TellAll(list->items) + "]";
  if (const auto* loop = expr->get<cel::Comprehension>()) {
    return fmt::format("{}.{}(${}, {})", Tell(loop->range), NameOf(loop->macro), loop->slot, Tell(loop->body));
  }
  return expr->get<cel::Now>() != nullptr ? "now()" : "auth";
}

std::string World::TellFields(const model::Resource& of, const std::vector<FieldId>& fields) const {
  std::vector<std::string> names;
  bool all = fields.size() == of.fields.size();
  for (size_t i = 0; i < fields.size(); ++i) {
    all = all && fields[i].index() == i;
    names.push_back(of.field(fields[i]).name);
  }
  return all ? "*" : fmt::format("{}", fmt::join(names, " "));
}

std::string World::TellQuery(const Query& query) const {
  const model::Resource& of = service_->resource(query.resource);
  std::string text = fmt::format("{} {}", of.name, Braced(TellFields(of, query.fields)));
  if (!query.flags.empty()) text += fmt::format(" flags {}", TellAll(query.flags));
  if (query.where != nullptr) text += " where " + Tell(query.where);
  if (query.deleted == call::Deleted::kWith) text += " deleted with";
  if (query.deleted == call::Deleted::kOnly) text += " deleted only";
  if (query.among.valid()) {
    text += fmt::format(" among {} of {}", TellAll(query.among_values), of.field(query.among).name);
  }
  if (query.per_value > 0) text += fmt::format(" {} each", query.per_value);
  if (!query.order.empty()) text += " by";
  for (const Order& term : query.order) {
    text += fmt::format(" {}{}", term.descending ? "-" : "", of.field(term.field).name);
  }
  if (query.after) text += fmt::format(" after {}", TellAll(*query.after));
  if (query.offset > 0) text += fmt::format(" from {}", query.offset);
  if (query.limit) text += fmt::format(" limit {}", *query.limit);
  return text;
}

std::string World::TellAggregate(const Aggregate& groups) const {
  const model::Resource& of = service_->resource(groups.resource);
  std::string text = (groups.counts ? "count groups of " : "groups of ") + of.name + ":";
  for (const GroupKey& key : groups.keys) text += " " + of.field(key.field).name;
  for (const Measured& measure : groups.measures) {
    text += fmt::format(" {}", call::RowOf(measure.function).name);
    if (measure.field.valid()) text += fmt::format("({})", of.field(measure.field).name);
  }
  if (groups.where != nullptr) text += " where " + Tell(groups.where);
  for (const Having& having : groups.having) {
    text += fmt::format(" having {} {} {}", having.measure, call::RowOf(having.op).name, TellAll(having.values));
  }
  for (const Aggregate::Term& term : groups.order)
    text += fmt::format(" by {}{}", term.descending ? "-" : "", term.cell);
  if (groups.offset > 0) text += fmt::format(" from {}", groups.offset);
  return groups.limit ? text + fmt::format(" limit {}", *groups.limit) : text;
}

std::string World::Tell(const Statement& statement) const {
  if (const auto* query = std::get_if<Query>(&statement)) return TellQuery(*query);
  if (const auto* count = std::get_if<Count>(&statement)) {
    std::string text = "count " + service_->resource(count->resource).name;
    if (count->where != nullptr) text += " where " + Tell(count->where);
    return text + (count->deleted == call::Deleted::kWithout ? "" : " deleted too");
  }
  if (const auto* groups = std::get_if<Aggregate>(&statement)) return TellAggregate(*groups);
  if (const auto* probe = std::get_if<Probe>(&statement)) {
    return fmt::format("probe {}: {}", service_->resource(probe->resource).name, TellAll(probe->expressions));
  }
  if (const auto* gone = std::get_if<Delete>(&statement)) {
    return fmt::format("delete {} {}", service_->resource(gone->resource).name, TellAll(gone->key));
  }
  std::vector<std::string> set;
  if (const auto* update = std::get_if<Update>(&statement)) {
    const model::Resource& of = service_->resource(update->resource);
    for (const auto& [id, value] : update->set) set.push_back(fmt::format("{} {}", of.field(id).name, Tell(value)));
    return fmt::format("update {} {}: {}", of.name, TellAll(update->key), fmt::join(set, ", "));
  }
  const auto& insert = std::get<Insert>(statement);
  const model::Resource& of = service_->resource(insert.resource);
  auto member = [&](std::string_view name) { return insert.row[of.FindField(name).index()]; };
  if (of.id == service_->audit) {
    return fmt::format("audit {} {} {} v{} by {} {}, {}: {} -> {}", Tell(member("action")), Tell(member("resource")),
                       Tell(member("rowId")), Tell(member("rowVersion")), Tell(member("callerKind")),
                       Tell(member("callerId")), Tell(member("requestId")), Tell(member("before")),
                       Tell(member("after")));
  }
  for (size_t i = 0; i < of.fields.size(); ++i) {
    if (!insert.row[i].is_null()) set.push_back(fmt::format("{} {}", of.fields[i].name, Tell(insert.row[i])));
  }
  return fmt::format("insert {}: {}", of.name, fmt::join(set, ", "));
}

Answer Numbers(std::initializer_list<std::optional<int64_t>> numbers) {
  types::Rows rows(numbers.size());
  for (const std::optional<int64_t>& number : numbers) {
    if (number) {
      rows.AppendInteger(*number);
    } else {
      rows.AppendNull();
    }
  }
  return rows;
}

std::string Told(const call::ApiError& error) {
  std::string text(call::RowOf(error.code).name);
  std::vector<std::string> details;
  for (const call::ErrorDetail& detail : error.details) {
    details.push_back(fmt::format("{} {}", detail.field, types::NameOf(detail.code)));
  }
  return text + (details.empty() ? ": " + error.message : " " + fmt::format("{}", fmt::join(details, ", ")));
}

Steps::Steps(const World& world, const call::Call& call, const call::Caller& caller)
    : world_(world), plan_(world.MakePlan(call, caller)) {
  if (plan_) plan_->program().Start();
}

std::vector<std::string> Steps::Advance(std::vector<Answer> answers) {
  if (!plan_) return {Told(plan_.error())};
  if (answers.size() != statements_.size()) throw std::logic_error("each statement has one answer");
  statements_ = plan_->program().Advance(std::move(answers));
  std::vector<std::string> told;
  for (Statement& statement : statements_) {
    if (const auto* lookup = std::get_if<Lookup>(&statement)) statement = Whole(world_.service(), *lookup);
    told.push_back(world_.Tell(statement));
  }
  return told;
}

call::Answer<call::Outcome> Steps::Take() {
  if (!plan_) return std::unexpected(plan_.error());
  return plan_->program().Take();
}

std::string Steps::End() {
  auto outcome = Take();
  return outcome ? "" : Told(outcome.error());
}

std::vector<std::string> Shown(const World& world, const call::RowSet& set) {
  std::vector<std::string> names;
  for (const call::RowSet::Column& column : set.columns) {
    names.push_back(world.service().resource(set.resource).field(column.field).name);
  }
  return names;
}

}  // namespace ashlar::plan
