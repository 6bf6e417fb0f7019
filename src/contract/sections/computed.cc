// SPDX-License-Identifier: Apache-2.0
#include "contract/expr_walk.h"
#include "contract/expressions.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

constexpr int kMostOfOne = 500;     // parts, those of the computed fields that it names counted
constexpr int kMostOfHeight = 60;   // leaves room for what names it
constexpr int kCallHeight = 6;      // of what brings its value into the field's type

// The computed fields of one resource.
class ComputedReader {
 public:
  ComputedReader(Draft& draft, Expressions& expressions, const ResourceDraft& source, model::Resource& resource)
      : draft_(draft), expressions_(expressions), resource_(resource), states_(resource.fields.size()) {
    for (const FieldDraft& field : source.fields) {
      if (field.field.valid() && resource.field(field.field).computed) fields_.push_back(&field);
    }
  }

  void Read() {
    for (const FieldDraft* field : fields_) Compile(*field);
    for (const FieldDraft* field : fields_) Weigh(*field);
  }

 private:
  enum class State : uint8_t { kNew, kOpen, kDone };

  model::Field& FieldOf(const FieldDraft& field) { return resource_.fields[field.field.index()]; }
  static const Node& NodeOf(const FieldDraft& field) { return *field.Value("computed"); }

  void Compile(const FieldDraft& source) {
    model::Field& field = FieldOf(source);
    cel::ExprPtr value;
    if (const Node* node = source.Value("computed")) {
      value = expressions_.Compile(*node, resource_.id, Use::kComputed, field.cel_type);
      if (value != nullptr && !HoldsConstants(*value, *field.type)) {
        draft_.mistakes.Add(node->place, Problem::kComputedConstants, source.name());
      }
    }
    // Null where it is wrong or the environment leaves it open.
    field.computed->value = value == nullptr ? cel::MakeLiteral(types::Null{}, field.cel_type) : std::move(value);
  }

  static bool HoldsConstants(const cel::Expr& value, const types::Type& type) {
    if (type.constants().empty() || value.type.tag != cel::Type::Tag::kString) return true;
    auto known = [&](const std::string& one) {
      return std::ranges::find(type.constants(), one) != type.constants().end();
    };
    return !value.type.constants.empty() && std::ranges::all_of(value.type.constants, known);
  }

  // After those that it names; false if it is one of a circle.
  bool Weigh(const FieldDraft& source) {
    State& state = states_[source.field.index()];
    if (state != State::kNew) return state == State::kDone;
    state = State::kOpen;
    model::Field& field = FieldOf(source);
    std::set<model::FieldId> inputs;
    for (const auto& [of, id] : cel::Measure(*field.computed->value).fields) {
      const model::Field& other = resource_.field(id);
      if (!other.computed) {
        inputs.insert(id);
      } else if (!Weigh(**std::ranges::find(fields_, id, &FieldDraft::field))) {
        draft_.mistakes.Add(NodeOf(source).place, Problem::kComputedCycle, source.name());
        field.computed->value = cel::MakeLiteral(types::Null{}, field.cel_type);
      } else {
        inputs.insert(other.computed->inputs.begin(), other.computed->inputs.end());
      }
    }
    field.computed->inputs.assign(inputs.begin(), inputs.end());
    CheckSize(source, field);
    states_[source.field.index()] = State::kDone;
    return true;
  }

  void CheckSize(const FieldDraft& source, model::Field& field) {
    cel::Usage usage = cel::Measure(*field.computed->value, draft_.service.get());
    field.computed->weight = {usage.nodes + 1, usage.height + kCallHeight};
    bool large = field.computed->weight.parts > kMostOfOne || field.computed->weight.height > kMostOfHeight;
    if (large) draft_.mistakes.Add(NodeOf(source).place, Problem::kComputedSize, kMostOfOne);
    if (large) field.computed->weight = {2, kCallHeight};  // what names it is not told again
    total_ += static_cast<size_t>(field.computed->weight.parts);
    if (total_ <= kMostParts) return;
    draft_.mistakes.Add(NodeOf(source).place, Problem::kTooMany, kMostParts, "parts of a resource's computed fields");
    total_ = 0;
  }

  Draft& draft_;
  Expressions& expressions_;
  model::Resource& resource_;
  std::vector<const FieldDraft*> fields_;
  std::vector<State> states_;  // by field
  size_t total_ = 0;
};

}  // namespace

void ReadComputed(Draft& draft, Expressions& expressions) {
  for (size_t i = 0; i < draft.resources.size(); ++i) {
    ComputedReader(draft, expressions, draft.resources[i], draft.resource(i)).Read();
  }
}

void GuardComputed(Draft& draft) {
  for (size_t i = 0; i < draft.resources.size(); ++i) {
    model::Resource& resource = draft.resource(i);
    for (const FieldDraft& source : draft.resources[i].fields) {
      if (!source.field.valid() || !resource.field(source.field).computed) continue;
      model::Field& field = resource.fields[source.field.index()];
      std::set<const cel::Expr*> known;
      for (model::FieldId id : field.computed->inputs) {
        const model::Field& input = resource.field(id);
        if (input.write_only) {
          draft.mistakes.Add(source.Value("computed")->place, Problem::kComputedUnreadable, input.name);
        } else if (input.read != nullptr && known.insert(input.read.get()).second) {
          field.read = cel::And(field.read, input.read);
        }
      }
      if (field.read == nullptr || cel::Measure(*field.read, draft.service.get()).nodes <= cel::kMostNodes) continue;
      draft.mistakes.Add(source.Value("computed")->place, Problem::kExpressionSize, kMostParts);
    }
  }
}

}  // namespace ashlar::contract
