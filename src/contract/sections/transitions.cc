// SPDX-License-Identifier: Apache-2.0
#include "base/near.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

class TransitionsReader {
 public:
  TransitionsReader(Draft& draft, const FieldDraft& source, const model::Field& field)
      : draft_(draft),
        source_(source),
        field_(field),
        constants_(field.type->constants().begin(), field.type->constants().end()) {}

  std::optional<model::Transitions> Read() {
    const Entry& entry = *source_.members->Find("transitions");
    if (constants_.empty()) {
      draft_.mistakes.Add(entry.place, Problem::kKeyNotOfType, entry.key, field_.type->text());
      return std::nullopt;
    }
    // Where it is given and wrong, that is told.
    bool begins = field_.default_value != nullptr && !cel::Measure(*field_.default_value).relations;
    bool wrong = source_.members->Has("default") && field_.default_value == nullptr;
    if (!begins && !wrong) draft_.mistakes.Add(entry.place, Problem::kTransitionsBegin);
    model::Transitions transitions;
    for (const Entry& from : entry.value.entries) {
      Know(from.place, from.key, from.key, false);
      transitions.moves.push_back({from.key, ReadTargets(from)});
    }
    return transitions;
  }

 private:
  std::vector<std::string> ReadTargets(const Entry& from) {
    std::vector<std::string> targets;
    for (const Node& item : from.value.items) {
      if (item.unset || !Know(item.place, item.text, item.Shown(), item.filled)) continue;
      if (std::ranges::find(targets, item.text) != targets.end()) {
        draft_.mistakes.Add(item.place, Problem::kRepeated, item.Shown());
      } else if (item.text == from.key) {
        draft_.mistakes.Add(item.place, Problem::kTransitionStays, item.Shown());
      }
      targets.push_back(item.text);
    }
    return targets;
  }

  // False after telling that there is no such constant.
  bool Know(Place place, const std::string& name, std::string_view shown, bool filled) {
    if (std::ranges::find(constants_, name) != constants_.end()) return true;
    draft_.mistakes.Suggest(place, Problem::kTransitionUnknown, filled ? "" : Near(name, constants_), source_.name(),
                            shown);
    return false;
  }

  Draft& draft_;
  const FieldDraft& source_;
  const model::Field& field_;
  std::vector<std::string> constants_;
};

}  // namespace

void ReadTransitions(Draft& draft) {
  for (size_t i = 0; i < draft.resources.size(); ++i) {
    model::Resource& resource = draft.resource(i);
    for (const FieldDraft& source : draft.resources[i].fields) {
      bool scalar = source.field.valid() && !resource.field(source.field).relation.valid();
      if (source.Value("transitions") == nullptr || !scalar) continue;
      model::Field& field = resource.fields[source.field.index()];
      field.transitions = TransitionsReader(draft, source, field).Read();
    }
  }
}

}  // namespace ashlar::contract
