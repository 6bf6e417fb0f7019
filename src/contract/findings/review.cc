// SPDX-License-Identifier: Apache-2.0
#include "contract/findings/review.h"

#include "contract/system.h"

namespace ashlar::contract {

void Review::ForEachResource(const std::function<void(const model::Resource&, const ResourceDraft&)>& visit) const {
  for (size_t i = 0; i < draft_.resources.size(); ++i) {
    const ResourceDraft& source = draft_.resources[i];
    if (!draft_.mistakes.is_system(source.entry->place)) visit(service().resources[i], source);
  }
}

void Review::Tell(const model::Resource& resource, std::string message) {
  Add(SourceOf(resource).entry->place, resource.name, std::move(message));
}

void Review::TellAtKey(const model::Resource& resource, std::string_view key, std::string message) {
  const Entry* entry = SourceOf(resource).members->Find(key);
  Add(entry == nullptr ? SourceOf(resource).entry->place : entry->place, resource.name, std::move(message));
}

void Review::TellOfField(const model::Resource& resource, std::string_view declared, std::string message) {
  const FieldDraft* field = SourceOf(resource).Find(declared);
  bool own = field != nullptr && !draft_.mistakes.is_system(field->entry->place);
  Add(own ? field->entry->place : SourceOf(resource).entry->place, fmt::format("{}.{}", resource.name, declared),
      std::move(message));
}

void Review::TellOfRole(std::string_view role, std::string message) {
  Add(draft_.top->Value("roles")->Find(role)->place, fmt::format("roles.{}", role), std::move(message));
}

void Review::TellOfLimit(size_t index, std::string message) {
  Add(draft_.top->Value("limits")->items[index].place, fmt::format("limits.{}", index + 1), std::move(message));
}

void Review::TellOfRule(const RuleDraft& rule, std::string message) {
  Add(rule.entry->place, "rules." + rule.entry->key, std::move(message));
}

}  // namespace ashlar::contract
