// SPDX-License-Identifier: Apache-2.0
// Findings about what a list would have to look at.
#include "contract/findings/indexes.h"

#include "contract/findings/findings.h"

namespace ashlar::contract {
namespace {

using cel::Op;
using Fields = std::set<model::FieldId>;

bool UsesRow(const cel::Expr& expr) { return cel::Measure(expr).row; }

// Comparisons that an index answers.
constexpr Op kComparing[] = {Op::kEqual, Op::kLess,           Op::kLessOrEqual, Op::kGreater,
                             Op::kIn,    Op::kGreaterOrEqual, Op::kStartsWith};

// Whether an index finds the rows of a condition; kOpen: none could, or it is not of the row.
enum class Way : uint8_t { kOpen, kByIndex, kByNone };

class Conditions {
 public:
  explicit Conditions(const model::Resource& resource) : resource_(resource) {}

  // Adds to `missing` what an index would have to begin with.
  Way Judge(const cel::Expr& expr, Fields& missing) const {
    const auto* call = expr.get<cel::Call>();
    if (call == nullptr) return Way::kOpen;
    if (call->op == Op::kAnd) return JudgeAll(*call, missing);
    if (call->op == Op::kOr) return JudgeAny(*call, missing);
    if (std::ranges::find(kComparing, call->op) == std::end(kComparing)) return Way::kOpen;
    model::FieldId field = Compared(*call);
    if (!field.valid()) return Way::kOpen;
    if (LeadsIndex(field)) return Way::kByIndex;
    missing.insert(field);
    return Way::kByNone;
  }

 private:
  // One index is enough: the rest is looked at in the rows that it finds.
  Way JudgeAll(const cel::Call& call, Fields& missing) const {
    Way all = Way::kOpen;
    for (const cel::ExprPtr& part : call.arguments) {
      Fields wanted;
      Way found = Judge(*part, wanted);
      if (found == Way::kByIndex) return found;
      if (found == Way::kOpen || all == Way::kByNone) continue;
      all = found;
      missing.merge(wanted);
    }
    return all;
  }

  // Each alternative that looks at the row must find its rows by itself.
  Way JudgeAny(const cel::Call& call, Fields& missing) const {
    Fields wanted;
    Way any = Way::kOpen;
    for (const cel::ExprPtr& part : call.arguments) {
      if (!UsesRow(*part)) continue;
      Way found = Judge(*part, wanted);
      if (found == Way::kOpen) return found;
      any = std::max(any, found);
    }
    missing.merge(wanted);
    return any;
  }

  // The field of the row at hand that is compared with something that is not of the row; invalid if it is not so.
  model::FieldId Compared(const cel::Call& call) const {
    if (call.arguments.size() != 2) return {};
    for (size_t side : {0u, 1u}) {
      if (side == 1 && (call.op == Op::kIn || call.op == Op::kStartsWith)) break;
      const auto* field = call.arguments[side]->get<cel::Field>();
      bool own = field != nullptr && field->row->get<cel::Variable>() != nullptr &&
                 field->row->get<cel::Variable>()->slot == 0;
      if (own && resource_.field(field->field).computed) return {};  // no index can hold it
      if (own && !UsesRow(*call.arguments[1 - side])) return field->field;
    }
    return {};
  }

  bool LeadsIndex(model::FieldId field) const {
    auto leads = [&](const std::vector<model::FieldId>& fields) { return !fields.empty() && fields.front() == field; };
    return leads(resource_.key) || std::ranges::any_of(resource_.indexes, leads) ||
           std::ranges::any_of(resource_.uniques, leads);
  }

  const model::Resource& resource_;
};

}  // namespace

std::set<model::FieldId> MissingIndexes(const model::Resource& resource, const cel::Expr& condition) {
  Fields missing;
  Conditions(resource).Judge(condition, missing);
  return missing;
}

void FindUnindexedRules(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft&) {
    for (model::FieldId which : MissingIndexes(resource, *resource.access.list)) {
      const model::Field& field = resource.field(which);
      review.TellOfField(resource, field.declared,
                         fmt::format("the rule for lists of '{}' asks for '{}', which no index begins with",
                                     resource.name, field.declared));
    }
  });
}

}  // namespace ashlar::contract
