// SPDX-License-Identifier: Apache-2.0
#include "plan/world_test.h"

#include "contract/contract.h"
#include "types/uuid.h"

namespace ashlar::plan {
namespace {

constexpr const char* kContract = R"(
service: planned
roles: { staff: {} }
rules:
  staff: hasRole('staff')
  mine: ownerId == auth.id
resources:
  Shelf:
    id: int
    fields:
      name: { type: string!, unique: true }
      hidden: { type: bool!, default: false }
      notes: { many: Note, via: shelf }
      boxes: { many: Box, via: shelf }
      loans: { many: Loan, via: shelf }
    access: { list: '!hidden || staff', get: signedIn, write: staff }
  Note:
    id: int
    softDelete: true
    audit: true
    page: { default: 5, max: 50 }
    fields:
      owner: { type: User!, default: auth.id, readOnly: true }
      title: { type: string!, max: 20 }
      rank: { type: int!, default: '3', min: 1 }
      size: { type: int, immutable: true }
      code: { type: string, unique: true, read: staff }
      secret: { type: string, read: staff, write: staff }
      mood: { type: string, read: mine, write: mine && rank < 8 }
      tags: '[string]'
      data: json
      shelf: Shelf
    unique: [[owner, title]]
    checks: [{ rule: rank < 10 || title != 'low', field: rank, message: is too high for a low one }]
    access:
      read: mine || staff
      create: signedIn
      update: { before: mine && rank < 9, after: mine }
      delete: mine
      restore: mine
      history: mine && rank < 9 || staff
  Box:
    id: string
    fields:
      shelf: { type: Shelf, onDelete: cascade }
      label: string
      stamps: { many: Stamp, via: box }
    access: { read: public, write: staff }
  Stamp:
    id: [box, number]
    audit: true
    fields: { box: { type: Box!, onDelete: cascade }, number: int! }
    access: { read: public, write: staff }
  Tag:
    id: int
    audit: true
    ifMatch: required
    fields:
      shelf: { type: Shelf, onDelete: clear }
      word: string!
      place: { type: string, default: shelf.name }
      cost: 'decimal(6,3)'
      price: { type: 'decimal(6,2)', default: cost / 2 }
    access: { read: public, write: staff }
  Branch:
    id: string
    fields: { parent: Branch, open: bool }
    access: { read: open || staff, write: public }
  Loan:
    id: int
    fields: { shelf: { type: Shelf, read: staff }, until: string }
    access: { read: public }
  Kinds:
    plural: kinds
    fields:
      flag: bool
      whole: int
      large: int64
      real: float
      money: decimal(18,2)
      text: string
      other: uuid
      day: date
      time: datetime
      span: duration
      mail: email
      link: url
      pick: enum(one, two)
      long: text
      sealed: { type: string, read: staff, readOnly: true }
    access: { read: public, update: staff }
  Slip:
    id: int
    audit: true
    fields: { kind: Kinds, word: string }
    access: { read: kind.flag, write: public }
  Page:
    id: int
    softDelete: true
    fields: { open: bool!, note: Note }
    access: { read: public, create: open, update: { before: public, after: open }, restore: staff }
  Plot:
    id: int
    fields: { name: string }
    access: { read: public, delete: staff }
  Offer:
    id: int
    fields: { ends: datetime! }
    access: { read: ends > now(), create: staff }
  Plant:
    id: int
    audit: true
    fields: { plot: { type: Plot, onDelete: cascade }, bed: { type: Bed, onDelete: cascade }, guard: Plant }
    access: { list: staff }
  Bed:
    id: int
    fields: { plot: { type: Plot, onDelete: cascade }, old: { type: Plot, onDelete: clear } }
    access: { list: staff }
  Gate:
    id: int
    fields: { plot: Plot! }
  Path:
    id: int
    audit: true
    fields: { from: { type: Plot, onDelete: clear }, to: { type: Plot, onDelete: clear } }
    access: { list: staff }
  Closed:
    plural: closed
    fields: { name: string }
)";

std::shared_ptr<const model::Service> Compiled() {
  contract::Source source{"planned.yaml", kContract};
  auto compiled = contract::Compile({&source, 1}, {});
  if (!compiled) throw std::runtime_error(contract::Render(compiled.error(), false));
  return *compiled;
}

struct FixedClock final : Clock {
  int64_t NowMicros() const override { return World::kNow; }
  int64_t SteadyMicros() const override { return 0; }
};
struct Deaf final : Observer {
  void Observe(const Observation&) override {}
};

call::Caller User(std::string_view id) {
  call::Caller caller;
  caller.kind = call::Caller::Kind::kPrincipal;
  caller.principal.id = *types::ParseUuid(id);
  caller.id = id;
  return caller;
}

// A value as a cell of its kind (types/rows.h).
void Append(const Value& value, types::Rows& rows) {
  if (!rows.Append(value)) throw std::length_error("a batch is full");
}

}  // namespace

World::World() : service_(Compiled()), planner_(*service_, {1, 2, 3}) {
  ann = User(kAnn);
  bob = User(kBob);
  staff.kind = call::Caller::Kind::kPrincipal;
  staff.principal.kind = "service";
  staff.principal.roles = {"staff"};
  staff.id = "robot";
  boss.kind = call::Caller::Kind::kOperator;
  boss.id = "operator";
}

const model::Resource& World::resource(std::string_view name) const {
  return service_->resource(service_->FindResource(name));
}

const model::Field& World::field(std::string_view resource_name, std::string_view name) const {
  const model::Resource& of = resource(resource_name);
  return of.field(of.FindField(name));
}

call::Call World::Make(model::OperationKind kind, std::string_view resource_name, std::string_view id,
                       std::string_view body) const {
  call::Call call;
  call.operation = service_->FindOperation(service_->FindResource(resource_name), kind);
  call.id = id;
  if (!body.empty()) call.body = json::Parse(body).value();
  return call;
}

call::Answer<Plan> World::MakePlan(const call::Call& call, const call::Caller& caller) const {
  FixedClock clock;
  Deaf observer;
  auto& kept = asked_.emplace_back(call, caller);
  return planner_.MakePlan(kept.first, kept.second, Context{"request-1", {}, clock, observer});
}

Answer World::RowsFor(const Statement& statement, std::initializer_list<std::string_view> rows) const {
  const Query& query = std::get<Query>(statement);
  const model::Resource& of = service_->resource(query.resource);
  types::Rows made(query.fields.size() + query.flags.size());
  for (std::string_view text : rows) {
    json::Json row = json::Parse(text).value();
    for (FieldId id : query.fields) {
      const json::Json* member = row.Find(of.field(id).name);
      Append(member == nullptr || member->is_null() ? Value{} : of.field(id).type->Parse(*member).value(), made);
    }
    const json::Json* flags = row.Find("flags");
    for (size_t i = 0; i < query.flags.size(); ++i) {
      made.AppendInteger(flags != nullptr && *flags->array()->at(i).boolean() ? 1 : 0);
    }
  }
  return made;
}

}  // namespace ashlar::plan
