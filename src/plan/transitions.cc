// SPDX-License-Identifier: Apache-2.0
#include "plan/transitions.h"

namespace ashlar::plan {
namespace {

std::string_view TextOf(const Value& value) {
  const std::string* text = value.get<std::string>();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

// What is wrong with where a field goes; empty: nothing.
class Mover {
 public:
  Mover(const model::Resource& resource, const Rules& rules, const Draft& draft)
      : resource_(resource), rules_(rules), draft_(draft) {}

  std::string Judge(FieldId id) const {
    const model::Field& field = resource_.field(id);
    const Value& to = draft_.row()[id.index()];
    Value from = draft_.stored() == nullptr ? Value{} : (*draft_.stored())[id.index()];
    if (draft_.stored() != nullptr && from == to) return "";
    bool told = draft_.Reads(id);
    // A row that was there before its field was begins there as new ones do.
    if (from.is_null()) return Begins(field, to) ? "" : told ? "must begin in its default" : "cannot begin so";
    auto allowed = field.transitions->From(TextOf(from));
    if (!to.is_null() && std::ranges::find(allowed, TextOf(to)) != allowed.end()) return "";
    if (!told) return "cannot change so";
    std::string there = to.is_null() ? "null" : fmt::format("'{}'", TextOf(to));
    std::string instead =
        allowed.empty() ? "it can go nowhere from there" : fmt::format("it can go to '{}'", fmt::join(allowed, "', '"));
    return fmt::format("cannot go from '{}' to {}; {}", TextOf(from), there, instead);
  }

 private:
  bool Begins(const model::Field& field, const Value& value) const {
    auto first =
        cel::Evaluate(*rules_.Fold(field.default_value), RecordEnvironment(resource_), {resource_.id, &draft_.row()});
    return first && *first == value;
  }

  const model::Resource& resource_;
  const Rules& rules_;
  const Draft& draft_;
};

}  // namespace

std::optional<call::ApiError> CheckTransitions(const model::Resource& resource, const Rules& rules,
                                               const Draft& draft) {
  if (rules.caller().is_operator() && draft.stored() == nullptr) return std::nullopt;
  call::ApiError error{call::Code::kInvalidTransition, "", {}};
  Mover mover(resource, rules, draft);
  for (size_t i = 0; i < resource.fields.size(); ++i) {
    if (!resource.fields[i].transitions) continue;
    std::string message = mover.Judge(FieldId{static_cast<uint32_t>(i)});
    if (message.empty()) continue;
    if (error.message.empty()) error.message = fmt::format("'{}' {}", resource.fields[i].name, message);
    error.details.push_back({resource.fields[i].name, types::Detail::kTransition, std::move(message)});
  }
  if (error.details.empty()) return std::nullopt;
  return error;
}

}  // namespace ashlar::plan
