// SPDX-License-Identifier: Apache-2.0
#include "app/access/matrix.h"

#include "cel/text.h"

namespace ashlar::app {
namespace {

using cel::ExprPtr;
using model::OperationKind;
using May = Cell::May;

// The rights of one resource.
class Rights {
 public:
  Rights(const model::Service& service, const model::Resource& resource, const std::vector<CallerKind>& kinds)
      : service_(service), resource_(resource), kinds_(kinds) {}

  ResourceRights Make() {
    ResourceRights rights;
    rights.name = resource_.name;
    const model::Access& access = resource_.access;
    auto add = [&rights](std::string name, std::vector<Cell> cells) {
      rights.operations.push_back({std::move(name), std::move(cells)});
    };
    add("list", CellsOf(access.list));
    add("get", CellsOf(access.get));
    if (Has(OperationKind::kAggregate)) add("aggregate", CellsOf(access.list));
    // Whoever acts on a row gets it first: one that is not there for the caller answers 404.
    if (Has(OperationKind::kHistory)) add("history", CellsOf(cel::And(access.get, access.history)));
    if (Has(OperationKind::kCreate)) add("create", CellsOf(access.create));
    if (Has(OperationKind::kUpdate)) {
      std::vector<Cell> before = CellsOf(cel::And(access.get, access.update_before));
      std::vector<Cell> after = CellsOf(access.update_after);
      for (size_t i = 0; i < kinds_.size(); ++i) {
        if (before[i].may == May::kNo || after[i].may == May::kNo) before[i] = after[i] = Cell{};
      }
      add("update", std::move(before));
      add("update to", std::move(after));
    }
    if (Has(OperationKind::kDelete)) add("delete", CellsOf(cel::And(access.get, access.remove)));
    if (resource_.soft_delete) {
      add("list deleted", CellsOf(cel::And(access.list, access.restore)));
      add("restore", CellsOf(cel::And(access.get, access.restore)));
      add("purge", CellsOf(cel::And(access.get, access.purge)));
    }
    if (resource_.id == service_.user && service_.identity) {
      add("register", CellsOf(service_.identity->registers ? cel::True() : cel::False()));
    }
    for (const model::Field& field : resource_.fields)
      rights.fields.push_back({field.name, FieldRights(field, rights)});
    return rights;
  }

 private:
  // Whether callers may ask for it at all.
  bool Has(OperationKind kind) const {
    model::OperationId id = service_.FindOperation(resource_.id, kind);
    return id.valid() && !service_.operation(id).internal;
  }

  Cell CellOf(const ExprPtr& rule, const CallerKind& kind) const {
    if (rule == nullptr) return {May::kYes, ""};
    ExprPtr folded = cel::Reduce(cel::FoldForClass(rule, kind.callers), service_, resource_.id);
    if (cel::IsFalse(folded)) return {May::kNo, ""};
    if (cel::IsTrue(folded)) return {May::kYes, ""};
    return {May::kWhere, cel::ToText(*folded, service_, resource_.id)};
  }

  std::vector<Cell> CellsOf(const ExprPtr& rule) const {
    std::vector<Cell> cells;
    for (const CallerKind& kind : kinds_) cells.push_back(CellOf(rule, kind));
    return cells;
  }

  // Whether the service leaves the field to its callers when a row is made, or changed.
  bool LeftToCallers(const model::Field& field, bool creates) const {
    if (field.computed || field.read_only) return false;
    if (field.system == model::SystemField::kId) return creates && resource_.id_kind != model::IdKind::kInt;
    return field.system == model::SystemField::kNone && (creates || !field.immutable);
  }

  static May Of(const ResourceRights& rights, std::string_view name, size_t kind) {
    auto right = std::ranges::find(rights.operations, name, &Right::name);
    return right == rights.operations.end() ? May::kNo : right->cells[kind].may;
  }

  std::vector<Right> FieldRights(const model::Field& field, const ResourceRights& rights) const {
    std::vector<Right> made{{"read", CellsOf(field.write_only ? cel::False() : field.read)}};
    auto close = [this](Right& right, const auto& is_open) {
      for (size_t i = 0; i < kinds_.size(); ++i) {
        if (!is_open(i)) right.cells[i] = Cell{};
      }
    };
    close(made[0], [&](size_t i) { return Of(rights, "list", i) != May::kNo || Of(rights, "get", i) != May::kNo; });
    for (bool creates : {true, false}) {
      std::string operation = creates ? "create" : "update";
      if (!Has(creates ? OperationKind::kCreate : OperationKind::kUpdate)) continue;
      Right right{operation, CellsOf(LeftToCallers(field, creates) ? field.write : cel::False())};
      close(right, [&](size_t i) { return Of(rights, operation, i) != May::kNo; });
      made.push_back(std::move(right));
    }
    return made;
  }

  const model::Service& service_;
  const model::Resource& resource_;
  const std::vector<CallerKind>& kinds_;
};

}  // namespace

std::vector<CallerKind> CallerKindsOf(const model::Service& service) {
  using Roles = std::vector<std::string>;
  std::vector<CallerKind> kinds = {{"anonymous", {.anonymous = true, .kind = "", .roles = Roles()}},
                                   {"user", {.kind = "user", .roles = Roles()}}};
  for (const model::Role& role : service.roles) kinds.push_back({"role " + role.name, {.roles = role.all}});
  kinds.push_back({"apiKey", {.kind = "apiKey", .roles = std::nullopt}});
  kinds.push_back({"service", {.kind = "service", .roles = std::nullopt}});
  return kinds;
}

Matrix MakeMatrix(const model::Service& service) {
  Matrix matrix{service.name, CallerKindsOf(service), {}};
  for (const model::Resource& resource : service.resources) {
    if (resource.routed) matrix.resources.push_back(Rights(service, resource, matrix.kinds).Make());
  }
  return matrix;
}

}  // namespace ashlar::app
