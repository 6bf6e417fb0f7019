// SPDX-License-Identifier: Apache-2.0
// Findings about what a refusal tells of values that may not be read.
#include "contract/expr_walk.h"
#include "contract/findings/callers.h"
#include "contract/findings/findings.h"

namespace ashlar::contract {
namespace {

// Looks for callers who may write some of the fields and not read one of them.
class Oracles {
 public:
  Oracles(const model::Service& service, const model::Resource& resource) : callers_(service), resource_(resource) {}

  // A field that is guarded against somebody who may try out values; null if there is none.
  const model::Field* Find(const std::vector<model::FieldId>& fields) const {
    for (model::FieldId which : fields) {
      const model::Field& field = resource_.field(which);
      if (field.read == nullptr) continue;
      for (size_t caller = 0; caller < callers_.size(); ++caller) {
        if (callers_.Judge(field.read, caller) != Verdict::kAlways && MayTry(fields, caller)) return &field;
      }
    }
    return nullptr;
  }

 private:
  bool MayTry(const std::vector<model::FieldId>& fields, size_t caller) const {
    auto may = [&](const cel::ExprPtr& rule) { return callers_.Judge(rule, caller) != Verdict::kNever; };
    const model::Access& access = resource_.access;
    bool create = may(access.create);
    bool update = may(access.update_before) && may(access.update_after);
    return std::ranges::any_of(fields, [&](model::FieldId which) {
      const model::Field& field = resource_.field(which);
      return !field.read_only && may(field.write) && (create || (update && !field.immutable));
    });
  }

  Callers callers_;
  const model::Resource& resource_;
};

}  // namespace

void FindGuardedUnique(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft&) {
    Oracles oracles(review.service(), resource);
    for (const std::vector<model::FieldId>& unique : resource.uniques) {
      const model::Field* field = oracles.Find(unique);
      if (field == nullptr) continue;
      review.TellOfField(resource, field->declared,
                         fmt::format("who may not read '{}' of '{}' can tell from conflicts which values are taken",
                                     field->declared, resource.name));
    }
  });
}

void FindGuardedCheck(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft&) {
    Oracles oracles(review.service(), resource);
    for (uint32_t i = 0; i < resource.fields.size(); ++i) {
      const model::Field* field = resource.fields[i].transitions ? oracles.Find({model::FieldId{i}}) : nullptr;
      if (field == nullptr) continue;
      review.TellOfField(resource, field->declared,
                         fmt::format("who may not read '{}' of '{}' can tell its value from the moves that are refused",
                                     field->declared, resource.name));
    }
    for (const model::Check& check : resource.checks) {
      std::set<model::FieldId> fields = OwnFields(*check.rule, resource);
      const model::Field* field = oracles.Find({fields.begin(), fields.end()});
      if (field == nullptr) continue;
      review.TellOfField(
          resource, field->declared,
          fmt::format("who may not read '{}' of '{}' can tell its value from a check", field->declared, resource.name));
    }
  });
}

}  // namespace ashlar::contract
