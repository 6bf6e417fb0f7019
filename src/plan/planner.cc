// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include "base/result.h"
#include "model/reach.h"
#include "model/row_id.h"
#include "plan/aggregate.h"
#include "plan/conditions.h"
#include "plan/cursor.h"
#include "plan/history.h"
#include "plan/inspect.h"
#include "plan/once.h"
#include "plan/read_program.h"
#include "plan/row_clauses.h"
#include "plan/write_program.h"

namespace ashlar::plan {
namespace {

using call::Code;
using cel::ExprPtr;
using model::OperationKind;

// What `q` asks for, and how it sorts.
void MakeSearch(const call::Call& call, const model::Resource& resource, Query& query, ClauseErrors& errors) {
  size_t mistakes = errors.invalid.size();
  query.words = MakeWords(call, resource, errors);
  query.ranked = call.search && call.sort.empty();
  if (query.ranked && call.paging.cursor && errors.invalid.size() == mistakes) {
    errors.invalid.push_back("'q' with a cursor needs a 'sort': how well a row fits changes with the others");
  }
}

// The cells by which a page is put in order are brought along.
void ShowOrder(Shape& shape, ListPlan& plan) {
  for (const Order& order : plan.query.order) plan.order_cells.push_back(shape.Need(order.field));
}

void Page(const call::Call& call, int64_t per_page, const Rules& rules, const model::Resource& resource,
          const Planner::CursorKey& key, ListPlan& plan, ClauseErrors& errors) {
  plan.per_page = per_page;
  plan.query.limit = per_page + 1;
  plan.page = call.paging.page;
  if (!call.paging.cursor) {
    plan.query.offset = (plan.page - 1) * per_page;
    if (call.paging.total) plan.count = Count{resource.id, plan.query.where, plan.query.deleted, 0, plan.query.words};
    return;
  }
  plan.cursor = true;
  plan.backwards = call.paging.backwards;
  plan.from_start = call.paging.at.empty();
  plan.cursors = std::make_shared<const Cursors>(key, call, rules, resource, plan.query.order);
  if (!plan.from_start) {
    plan.query.after = plan.cursors->Decode(call.paging.at);
    if (!plan.query.after) {
      errors.invalid.push_back(fmt::format("'{}' is not a cursor of this query", plan.backwards ? "before" : "after"));
    }
  }
  if (plan.backwards) {
    for (Order& order : plan.query.order) order.descending = !order.descending;
  }
}

call::Answer<std::unique_ptr<Program>> MakeList(const call::Call& call, const model::Resource& resource,
                                                const Rules& rules, const ExprPtr& gate, const Planner::CursorKey& key,
                                                std::shared_ptr<const Shape>& shape) {
  ClauseErrors errors = Doubted(call);
  ListPlan plan;
  std::unique_ptr<Shape> own;
  if (shape == nullptr || call.paging.cursor) own = MakeShape(call.selection, resource, rules, errors);
  plan.query.resource = resource.id;
  plan.query.order = MakeOrder(call.sort, resource, rules, errors);
  if (call.paging.cursor) ShowOrder(*own, plan);
  plan.shape = own != nullptr ? std::move(own) : shape;
  ExprPtr condition = MakeCondition(call, resource, rules, errors);
  MakeSearch(call, resource, plan.query, errors);
  int64_t per_page = PerPage(call.paging, resource, errors);
  if (!errors.invalid.empty()) return std::unexpected(errors.ToError(rules));
  plan.query.where = cel::And(gate, condition);
  plan.query.deleted = call.deleted;
  if (auto refusal = MakeDeleted(call, resource, rules, plan.query.where)) return std::unexpected(std::move(*refusal));
  Page(call, per_page, rules, resource, key, plan, errors);
  if (!errors.empty()) return std::unexpected(errors.ToError(rules));
  plan.query.fields = plan.shape->fields;
  plan.query.flags = plan.shape->flags;
  if (!call.paging.cursor) shape = plan.shape;
  return MakeListProgram(rules.service(), std::move(plan));
}

// The key of the row that the call is about, or 404: no row can have such an id.
call::Answer<Values> KeyFrom(const call::Call& call, const model::Resource& resource, const Rules& rules) {
  auto key = model::ParseId(rules.service(), resource, call.id);
  if (!key) return call::Refuse(Code::kNotFound, "there is no such row");
  return *std::move(key);
}

std::shared_ptr<const Query> FormOf(const Shape& shape, ExprPtr where) {
  auto form = std::make_shared<Query>(QueryFor(shape));
  form->where = std::move(where);
  form->limit = 1;
  return form;
}

call::Answer<std::unique_ptr<Program>> MakeGet(const call::Call& call, const model::Resource& resource,
                                               const Rules& rules, Memo::Entry& known, bool kept) {
  if (known.shape == nullptr) {
    ClauseErrors errors = Doubted(call);
    known.shape = MakeShape(call.selection, resource, rules, errors);
    if (!errors.empty()) return std::unexpected(errors.ToError(rules));
    known.by_key = FormOf(*known.shape, known.gate);
  }
  TRY(key, KeyFrom(call, resource, rules));
  GetPlan plan;
  plan.shape = known.shape;
  plan.lookup = {resource.id, std::move(key), known.by_key, kept};
  const call::Preconditions& wanted = call.preconditions;
  if (wanted.if_match && !wanted.if_match_any) plan.versions = wanted.if_match_versions;
  return MakeGetProgram(rules.service(), std::move(plan));
}

call::Answer<std::unique_ptr<Program>> MakeHistory(const call::Call& call, const model::Resource& resource,
                                                   const Rules& rules) {
  ClauseErrors errors = Doubted(call);
  int64_t per_page = PerPage(call.paging, resource, errors);
  if (!errors.empty()) return std::unexpected(errors.ToError(rules));
  TRY(key, KeyFrom(call, resource, rules));
  return MakeHistoryProgram(MakeHistoryPlan(resource, key, rules, call.paging.page, per_page));
}

call::Answer<std::unique_ptr<Program>> MakeWrite(const call::Call& call, const call::Caller& caller,
                                                 const model::Resource& resource, const Rules& rules,
                                                 const Context& context, const References& references,
                                                 Memo::Entry& known, bool kept) {
  auto request =
      std::make_shared<WriteRequest>(rules.service(), references, call, caller, rules.now_micros(), context.request_id);
  if (known.shape == nullptr) {
    ClauseErrors errors;
    known.shape = MakeShape({}, resource, rules, errors);
    known.by_key = FormOf(*known.shape, rules.Access(resource, &model::Access::get));
  }
  request->shape = known.shape;
  request->form = known.by_key;
  request->kept = kept;
  if (request->operation.kind != OperationKind::kCreate) {
    TRY(key, KeyFrom(call, resource, rules));
    request->key = std::move(key);
  }
  switch (request->operation.kind) {
    case OperationKind::kCreate: return MakeCreateProgram(request);
    case OperationKind::kUpdate:
    case OperationKind::kReplace: return MakeChangeProgram(request);
    case OperationKind::kDelete:
    case OperationKind::kRestore: return MakeRemoveProgram(request);
    case OperationKind::kList:
    case OperationKind::kGet:
    case OperationKind::kHistory:
    case OperationKind::kAggregate: break;
  }
  return call::Refuse(Code::kInternal, "this operation does not write");
}

}  // namespace

Planner::Planner(const model::Service& service, const CursorKey& cursor_key, const OnceLimits& once_limits)
    : service_(service), cursor_key_(cursor_key), once_limits_(once_limits), references_(service) {
  auto asks_now = [](const ExprPtr& rule) { return rule != nullptr && cel::Measure(*rule).now; };
  for (const model::Resource& resource : service.resources) {
    const model::Access& access = resource.access;
    bool asks = std::ranges::any_of(std::initializer_list<ExprPtr>{access.list, access.get, access.create,
                                                                   access.remove, access.update_before, access.restore},
                                    asks_now);
    for (const model::Field& field : resource.fields) asks = asks || asks_now(field.read);
    timeless_.push_back(!asks);
  }
}

bool Planner::IsTimeless(const Shape& shape) const {
  const model::Resource& resource = service_.resource(shape.resource);
  return timeless_[shape.resource.index()] && std::ranges::all_of(shape.children, [&](const Shape::Child& child) {
           const model::Resource* between = service_.Between(resource.relation(child.relation));
           return (between == nullptr || timeless_[between->id.index()]) && IsTimeless(*child.shape);
         });
}

call::Answer<Plan> Planner::MakePlan(const call::Call& call, const call::Caller& caller, const Context& context,
                                     Memo* memo) const {
  const model::Operation& operation = service_.operation(call.operation);
  const model::Resource& resource = service_.resource(operation.resource);
  Rules rules(service_, caller, context.clock.NowMicros());
  if ((operation.internal || !resource.routed) && !caller.is_operator()) {
    return call::Refuse(Code::kRouteNotFound, "there is nothing at this address");
  }
  bool remembers = memo != nullptr && !call.malformed && !call.purge && operation.kind != OperationKind::kHistory &&
                   operation.kind != OperationKind::kAggregate;
  const Memo::Entry* found = remembers ? memo->Find(call, caller) : nullptr;
  Memo::Entry known = found != nullptr ? *found : Memo::Entry{};
  const bool kept = found != nullptr;
  // The literal false where it can never hold for this caller.
  bool purges = call.purge && resource.soft_delete;
  ExprPtr& gate = known.gate;
  if (gate == nullptr) {
    gate = purges ? rules.Access(resource, &model::Access::purge) : rules.Gate(resource, operation.kind);
  }
  if (cel::IsFalse(gate)) return std::unexpected(rules.Denied(purges ? "purge" : operation.name));
  bool reads = operation.kind == OperationKind::kList || operation.kind == OperationKind::kGet ||
               operation.kind == OperationKind::kHistory || operation.kind == OperationKind::kAggregate;
  if (call.malformed && !(reads && call.malformed->code == Code::kInvalidQuery)) {
    return std::unexpected(*call.malformed);
  }
  if (call.purge && !purges) {
    return call::Refuse(Code::kInvalidQuery, fmt::format("'purge': {} has no soft delete", resource.name));
  }
  call::Answer<std::unique_ptr<Program>> program = nullptr;
  bool writes = false;
  switch (operation.kind) {
    case OperationKind::kList: program = MakeList(call, resource, rules, gate, cursor_key_, known.shape); break;
    case OperationKind::kGet: program = MakeGet(call, resource, rules, known, kept); break;
    case OperationKind::kHistory: program = MakeHistory(call, resource, rules); break;
    case OperationKind::kAggregate: program = MakeAggregate(call, resource, rules, gate); break;
    case OperationKind::kCreate:
    case OperationKind::kUpdate:
    case OperationKind::kReplace:
    case OperationKind::kDelete:
    case OperationKind::kRestore:
      program = MakeWrite(call, caller, resource, rules, context, references_, known, kept);
      writes = true;
      break;
  }
  if (!program) return std::unexpected(std::move(program).error());
  if (remembers && found == nullptr && known.shape != nullptr && IsTimeless(*known.shape)) memo->Keep(std::move(known));
  return Plan(std::move(*program), writes);
}

Plan Planner::MakeRecall(const call::Once& once, const call::Caller& caller, const Context& context) const {
  return Plan(MakeRecallProgram(service_, once, OnceIdOf(once, caller), context.clock.NowMicros()), false);
}

Plan Planner::MakeKeep(const call::Once& once, const call::Caller& caller, const Context& context,
                       std::string outcomes) const {
  int64_t now_micros = context.clock.NowMicros();
  return Plan(MakeKeepProgram(service_, once, caller, once_limits_, now_micros, std::move(outcomes)), true);
}

Plan Planner::MakeInspection(model::ResourceId resource, Values key, std::vector<cel::ExprPtr> expressions) const {
  return Plan(MakeInspectProgram(service_.resource(resource), std::move(key), std::move(expressions)), false);
}

Plan Planner::MakeSweep(const Context& context) const {
  return Plan(MakeSweepProgram(service_, context.clock.NowMicros()), true);
}

}  // namespace ashlar::plan
