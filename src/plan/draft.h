// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <set>
#include <string>
#include <vector>

#include "base/json/json.h"
#include "call/api_error.h"
#include "plan/rules.h"
#include "plan/statement.h"

namespace ashlar::plan {

// Shows an in-memory row, values by field, to expressions that cross no relation.
class RecordEnvironment final : public cel::Environment {
 public:
  explicit RecordEnvironment(const model::Resource& resource) : resource_(resource) {}
  Value FieldOf(cel::RowRef row, FieldId id) const override {
    const model::Field& field = resource_.field(id);
    if (field.computed) return model::Compute(*field.computed, *field.type, *this, row);
    return (*static_cast<const Values*>(row.row))[id.index()];
  }
  std::optional<cel::RowRef> ToOne(cel::RowRef, model::RelationId) const override { return std::nullopt; }
  std::vector<cel::RowRef> ToMany(cel::RowRef, model::RelationId,
                                  const std::function<bool(cel::RowRef)>&) const override {
    return {};
  }

 private:
  const model::Resource& resource_;
};
bool HoldsFor(const cel::Expr& rule, const model::Resource& resource, const Values& row);

// A row as a body would make it: reads the body, knows what may be set, fills in defaults, and collects everything
// that is wrong.   ReadBody PutKey* Complete SetProbed* Check
class Draft {
 public:
  enum class Mode : uint8_t { kCreate, kMerge, kAssign, kReplace };  // kAssign: as kMerge, but json as a whole
  // `stored`: the row as it is, null for a creation; must outlive the draft.
  Draft(const model::Resource& resource, const Rules& rules, Mode mode, const Values* stored);

  // Whether the caller reads that field of the stored row, where its rule depends on the row. Before ReadBody.
  void SetReads(FieldId field, bool reads) { reads_[field.index()] = reads; }
  // REQUIRES: the body lives until Complete.
  void ReadBody(const json::Json& body);
  // A part of the id that the address gives; the body may only repeat it.
  void PutKey(FieldId part, Value value);
  // What the body leaves out: kept, or treated as at creation.
  void Complete();
  // Defaults that cross relations: to be computed by a Probe over row(), then given to SetProbed in their order.
  const std::vector<FieldId>& probed_defaults() const { return probed_defaults_; }
  cel::ExprPtr DefaultOf(FieldId field) const;
  void SetProbed(size_t which, const types::Cell& cell);
  // The resource's checks, on fields that are right so far.
  void Check();

  bool creates() const { return mode_ == Mode::kCreate; }
  const Values& row() const { return row_; }
  const Values* stored() const { return stored_; }
  Values& row() { return row_; }
  bool Changed(FieldId field) const;
  bool Given(FieldId field) const { return given_[field.index()]; }
  bool Reads(FieldId field) const { return reads_[field.index()]; }
  // Whether a field is given that the caller does not read: whether it changed must not show.
  bool GivesUnread() const;
  // Whether every field that the expression looks at has a proper value, so that its answer means something.
  bool CanJudge(const cel::Expr& rule) const;
  // Whether it looks at a row by way of a reference that is wrong: as little as if there were none may show of that
  // row.
  bool LosesWay(const cel::Expr& rule) const;
  // Fields whose write rule depends on the row and that the body changes.
  const std::vector<FieldId>& guarded() const { return guarded_; }
  // The first field that this caller may not write, or empty.
  const std::string& denied() const { return denied_; }

  void AddError(FieldId field, types::Detail code, std::string message);
  // 422 with all errors at once, or nothing.
  std::optional<call::ApiError> Errors() const;
  // The same of what the body alone shows, whatever rows there are: members that are no fields, values of another type
  // or form, fields that lack.
  std::optional<call::ApiError> Misshapen() const;

 private:
  void ReadMember(const json::Member& member);
  void ReadKeyMember(const json::Json& value);
  bool ReadValue(const model::Field& field, FieldId id, const json::Json& input, Value& value);
  void Place(const model::Field& field, FieldId id, bool ok, Value value);
  bool MaySet(const model::Field& field) const;
  bool KeepsWhenOmitted(FieldId id) const;
  void CompleteFields();
  void CompleteField(FieldId id);
  void ApplyDefault(FieldId id, const cel::ExprPtr& folded);
  void SetComputed(FieldId id, Value value);
  static Value DecimalOf(const types::Cell& cell, int scale);
  Value StoredOf(FieldId id) const { return stored_ == nullptr ? Value{} : (*stored_)[id.index()]; }

  const model::Resource& resource_;
  const Rules& rules_;
  Mode mode_;
  const Values* stored_;
  Values row_;
  std::vector<bool> given_;
  std::vector<bool> bad_;
  std::vector<bool> reads_;
  std::vector<FieldId> guarded_;
  std::vector<FieldId> probed_defaults_;
  size_t unknown_ = 0;  // members that are no fields
  std::vector<call::ErrorDetail> errors_;
  size_t of_body_ = 0;  // how many of them were known before any row was looked at
  std::string denied_;
  bool readable_ = true;  // the body is an object
  std::string failed_;  // the field whose default is an error
  const json::Json* key_member_ = nullptr;
};

}  // namespace ashlar::plan
