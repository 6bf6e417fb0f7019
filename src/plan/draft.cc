// SPDX-License-Identifier: Apache-2.0
#include "plan/draft.h"

#include "model/row_id.h"
#include "plan/meant.h"
#include "types/decimal.h"

namespace ashlar::plan {

using cel::ExprPtr;
using model::SystemField;
using types::Detail;

namespace {

constexpr size_t kMostUnknown = 100;  // that are told: what may have been meant takes the writer's time

bool IsOfShape(Detail code) {
  return code == Detail::kUnknownField || code == Detail::kWrongType || code == Detail::kFormat ||
         code == Detail::kNull || code == Detail::kRequired;
}

call::ApiError NotValid(std::vector<call::ErrorDetail> errors) {
  return {call::Code::kValidationError, "some fields are not valid", std::move(errors)};
}

}  // namespace

bool HoldsFor(const cel::Expr& rule, const model::Resource& resource, const Values& row) {
  return cel::Holds(rule, RecordEnvironment(resource), {resource.id, &row});
}

Draft::Draft(const model::Resource& resource, const Rules& rules, Mode mode, const Values* stored)
    : resource_(resource), rules_(rules), mode_(mode), stored_(stored) {
  row_ = stored == nullptr ? Values(resource.fields.size()) : *stored;
  given_.resize(resource.fields.size());
  bad_.resize(resource.fields.size());
  for (const model::Field& field : resource.fields) reads_.push_back(rules.AlwaysReads(field));
}

void Draft::ReadBody(const json::Json& body) {
  const json::Object* object = body.object();
  if (object == nullptr) {
    errors_.push_back({"", Detail::kWrongType, "the body must be an object"});
    readable_ = false;
    return;
  }
  for (const json::Member& member : *object) ReadMember(member);
}

void Draft::ReadMember(const json::Member& member) {
  if (member.name == "id" && resource_.id_kind == model::IdKind::kComposite) {
    key_member_ = &member.value;
    return;
  }
  FieldId id = resource_.FindField(member.name);
  if (!id.valid()) {
    if (++unknown_ > kMostUnknown + 1) return;
    model::RelationId relation = resource_.FindRelation(member.name);
    std::string message = "is not a field of " + resource_.name;
    if (unknown_ > kMostUnknown) {
      message += ", and there are more";
    } else if (relation.valid() && !resource_.relation(relation).to_many) {
      message += fmt::format("; give '{}'", resource_.field(resource_.relation(relation).local).name);
    } else if (relation.valid()) {
      message = "is a to-many relation and is not written through its parent";
    } else {
      message += FieldMeant(resource_, member.name);
    }
    errors_.push_back({member.name, Detail::kUnknownField, message});
    return;
  }
  const model::Field& field = resource_.field(id);
  // Who may neither read nor write it learns nothing of the value, not even whether it would have been right.
  Value value;
  size_t errors_before = errors_.size();
  bool ok = ReadValue(field, id, member.value, value);
  std::vector<call::ErrorDetail> found(errors_.begin() + static_cast<long>(errors_before), errors_.end());
  errors_.resize(errors_before);
  Place(field, id, ok, std::move(value));
  if (!ok && bad_[id.index()]) errors_.insert(errors_.end(), found.begin(), found.end());
}

bool Draft::ReadValue(const model::Field& field, FieldId id, const json::Json& input, Value& value) {
  if (input.is_null()) {
    if (!field.required && field.cel_type.nullable) return true;
    errors_.push_back({field.name, Detail::kNull, "must not be null"});
    return false;
  }
  std::optional<json::Json> merged;
  if (mode_ == Mode::kMerge && field.type->kind() == types::Kind::kJson) {
    merged.emplace();
    if (const auto* stored = (*stored_)[id.index()].get<types::JsonText>()) {
      if (auto parsed = json::Parse(stored->text, {.depth = 128, .bytes = SIZE_MAX})) merged = std::move(*parsed);
    }
    json::MergePatch(*merged, input);
  }
  auto read = field.type->Parse(merged ? *merged : input);
  if (read) {
    const std::string* text = read->get<std::string>();
    if (field.system == SystemField::kId && text != nullptr && model::IsReservedId(*text)) {
      errors_.push_back({field.name, Detail::kFormat, "is a word that addresses use"});
      return false;
    }
    value = std::move(*read);
    return true;
  }
  for (types::FieldError& error : read.error()) {
    // An id has a form where other strings have a pattern.
    bool form = field.system == SystemField::kId && error.code == Detail::kPattern;
    errors_.push_back({field.name + error.path, form ? Detail::kFormat : error.code, std::move(error.message)});
  }
  return false;
}

// Decides what becomes of one member of the body: set, passed over because nothing changes, refused.
void Draft::Place(const model::Field& field, FieldId id, bool ok, Value value) {
  ExprPtr write = rules_.Write(field);
  bool readable = reads_[id.index()];
  bool same = stored_ != nullptr && ok && readable && value == StoredOf(id);
  if (same) {
    given_[id.index()] = true;
    return;
  }
  if (cel::IsFalse(write) || (!MaySet(field) && stored_ != nullptr && !readable)) {
    if (denied_.empty()) denied_ = field.name;
    return;
  }
  if (!MaySet(field)) {
    bool once = field.immutable && !field.read_only && stored_ != nullptr;
    errors_.push_back({field.name, Detail::kReadOnly, once ? "can be set at creation only" : "is set by the service"});
    return;
  }
  if (!cel::IsTrue(write)) guarded_.push_back(id);
  given_[id.index()] = true;
  bad_[id.index()] = !ok;
  row_[id.index()] = std::move(value);
}

bool Draft::MaySet(const model::Field& field) const {
  if (field.computed) return false;
  bool creating = stored_ == nullptr;
  bool is_operator = rules_.caller().is_operator();
  switch (field.system) {
    case SystemField::kNone: break;
    case SystemField::kId: return creating && (resource_.id_kind != model::IdKind::kInt || is_operator);
    case SystemField::kCreatedAt:
    case SystemField::kUpdatedAt: return creating && is_operator;
    case SystemField::kVersion:
    case SystemField::kDeletedAt: return false;
  }
  if (field.read_only && !is_operator) return false;
  return creating || !field.immutable;
}

bool Draft::KeepsWhenOmitted(FieldId id) const {
  const model::Field& field = resource_.field(id);
  return field.system != SystemField::kNone || field.read_only || field.immutable || !reads_[id.index()] ||
         !cel::IsTrue(rules_.Write(field));
}

void Draft::PutKey(FieldId part, Value value) {
  if (given_[part.index()] && !(row_[part.index()] == value)) {
    AddError(part, Detail::kReadOnly, "must be as in the address");
    return;
  }
  given_[part.index()] = true;
  row_[part.index()] = std::move(value);
}

void Draft::Complete() {
  if (readable_) {
    CompleteFields();
  } else {
    bad_.assign(bad_.size(), true);  // nothing of the row is known
  }
  of_body_ = errors_.size();
}

void Draft::CompleteFields() {
  for (size_t i = 0; i < resource_.fields.size(); ++i) CompleteField(FieldId{static_cast<uint32_t>(i)});
  // Defaults that look at the row's other fields come when those are known.
  for (size_t i = 0; i < resource_.fields.size(); ++i) {
    FieldId id{static_cast<uint32_t>(i)};
    const model::Field& field = resource_.field(id);
    bool wanted = !given_[i] && field.default_value != nullptr && (stored_ == nullptr || mode_ == Mode::kReplace) &&
                  (stored_ == nullptr || !KeepsWhenOmitted(id));
    if (!wanted) continue;
    ExprPtr folded = rules_.Fold(field.default_value);
    cel::Usage usage = cel::Measure(*folded);
    if (usage.relations) {
      probed_defaults_.push_back(id);
    } else if (usage.row) {
      ApplyDefault(id, folded);
    }
  }
  if (key_member_ != nullptr) ReadKeyMember(*key_member_);
}

// A composite id may be sent back as it was read; it is made of its parts and nothing else.
void Draft::ReadKeyMember(const json::Json& value) {
  types::Values key;
  for (FieldId part : resource_.key) {
    if (bad_[part.index()] || row_[part.index()].is_null()) return;
    key.push_back(row_[part.index()]);
  }
  if (value.string() != nullptr && *value.string() == model::FormatId(resource_, key)) return;
  errors_.push_back({"id", Detail::kReadOnly, "is made of its parts"});
}

void Draft::CompleteField(FieldId id) {
  const model::Field& field = resource_.field(id);
  if (given_[id.index()] || field.computed) return;
  if (stored_ != nullptr && (mode_ != Mode::kReplace || KeepsWhenOmitted(id))) return;
  if (field.system != SystemField::kNone) {
    if (field.system == SystemField::kId && resource_.id_kind == model::IdKind::kString && stored_ == nullptr) {
      AddError(id, Detail::kRequired, "must be given");
    }
    return;
  }
  row_[id.index()] = Value{};
  if (field.default_value != nullptr) {
    ExprPtr folded = rules_.Fold(field.default_value);
    if (!cel::Measure(*folded).row) ApplyDefault(id, folded);
    return;
  }
  if (field.type->kind() == types::Kind::kList) {
    row_[id.index()] = types::List{};
  } else if (field.required) {
    AddError(id, Detail::kRequired, "must be given");
  }
}

void Draft::ApplyDefault(FieldId id, const ExprPtr& folded) {
  if (!CanJudge(*folded)) {
    bad_[id.index()] = true;  // what it is made of is wrong, and is told
    return;
  }
  auto value = cel::Evaluate(*folded, RecordEnvironment(resource_), {resource_.id, &row_});
  const model::Field& field = resource_.field(id);
  if (!value) {
    bad_[id.index()] = true;
    if (failed_.empty()) failed_ = field.name;
    return;
  }
  SetComputed(id, std::move(*value));
}

void Draft::SetComputed(FieldId id, Value value) {
  const model::Field& field = resource_.field(id);
  if (value.is_null()) {
    if (field.required) AddError(id, Detail::kNull, "must not be null");
    return;
  }
  if (const types::Decimal* decimal = value.get<types::Decimal>()) {
    auto scaled = types::Rescale(*decimal, field.type->scale());
    if (!scaled) {
      bad_[id.index()] = true;
      if (failed_.empty()) failed_ = field.name;
      return;
    }
    value = *scaled;
  }
  for (types::FieldError& error : field.type->Validate(value)) {
    AddError(id, error.code, std::move(error.message));
  }
  row_[id.index()] = std::move(value);
}

ExprPtr Draft::DefaultOf(FieldId field) const { return rules_.Fold(resource_.field(field).default_value); }

// A decimal comes at the expression's own scale: as an integer, or as text where it is wider than 64 bits.
Value Draft::DecimalOf(const types::Cell& cell, int scale) {
  if (cell.tag != types::Cell::Tag::kText) return types::Decimal{cell.integer, scale};
  auto wide = types::ParseDecimal(cell.text());
  return wide ? Value(types::Decimal{wide->unscaled, scale}) : Value();
}

void Draft::SetProbed(size_t which, const types::Cell& cell) {
  FieldId id = probed_defaults_[which];
  const model::Field& field = resource_.field(id);
  ExprPtr made_by = DefaultOf(id);
  if (!CanJudge(*made_by) || LosesWay(*made_by)) {
    bad_[id.index()] = true;  // what it is made of is wrong, and is told
    return;
  }
  if (!cell.is_null()) {
    bool decimal = field.type->kind() == types::Kind::kDecimal;
    SetComputed(id, decimal ? DecimalOf(cell, made_by->type.scale) : field.type->ToValue(cell));
    return;
  }
  if (field.required || !made_by->type.nullable) {
    bad_[id.index()] = true;
    if (failed_.empty()) failed_ = field.name;
  }
}

bool Draft::CanJudge(const cel::Expr& rule) const {
  auto is_bad = [this](FieldId id) { return bad_[id.index()]; };
  for (const auto& [resource, id] : cel::Measure(rule).fields) {
    if (resource != resource_.id) continue;
    const std::optional<model::Computed>& computed = resource_.field(id).computed;
    if (computed ? std::ranges::any_of(computed->inputs, is_bad) : is_bad(id)) return false;
  }
  return true;
}

bool Draft::LosesWay(const cel::Expr& rule) const {
  for (const auto& [resource, relation] : cel::Measure(rule).crossed) {
    if (resource == resource_.id && bad_[resource_.relation(relation).local.index()]) return true;
  }
  return false;
}

void Draft::Check() {
  for (const model::Check& check : resource_.checks) {
    if (!CanJudge(*check.rule) || HoldsFor(*check.rule, resource_, row_)) continue;
    std::string field = check.field.valid() ? resource_.field(check.field).name : "";
    errors_.push_back({field, Detail::kCheck, check.message.empty() ? "is not allowed by a check" : check.message});
  }
}

bool Draft::Changed(FieldId field) const {
  if (resource_.field(field).computed) return false;
  return stored_ == nullptr || !((*stored_)[field.index()] == row_[field.index()]);
}

bool Draft::GivesUnread() const {
  for (size_t i = 0; i < given_.size(); ++i) {
    if (given_[i] && !reads_[i]) return true;
  }
  return false;
}

void Draft::AddError(FieldId field, Detail code, std::string message) {
  bad_[field.index()] = true;
  errors_.push_back({resource_.field(field).name, code, std::move(message)});
}

std::optional<call::ApiError> Draft::Misshapen() const {
  std::vector<call::ErrorDetail> found;
  for (size_t i = 0; i < of_body_; ++i) {
    if (IsOfShape(errors_[i].code)) found.push_back(errors_[i]);
  }
  if (found.empty()) return std::nullopt;
  return NotValid(std::move(found));
}

std::optional<call::ApiError> Draft::Errors() const {
  if (!errors_.empty()) return NotValid(errors_);
  if (!failed_.empty()) {
    return call::ApiError{call::Code::kExpressionFailed, fmt::format("the default of '{}' failed", failed_), {}};
  }
  return std::nullopt;
}

}  // namespace ashlar::plan
