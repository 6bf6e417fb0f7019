// SPDX-License-Identifier: Apache-2.0
#include "contract/origins.h"

namespace ashlar::contract {
namespace {

class Collector {
 public:
  Collector(const Draft& draft, const Locator& locator) : draft_(draft), locator_(locator) {}

  std::vector<model::Origin> Run() {
    for (size_t i = 0; i < draft_.resources.size(); ++i) {
      const ResourceDraft& source = draft_.resources[i];
      const model::ResourceId resource{static_cast<uint32_t>(i)};
      if (const Node* access = source.Value("access")) {
        for (const Entry& entry : access->entries) AddRule(resource, entry);
      }
      for (const FieldDraft& field : source.fields) {
        if (!field.field.valid()) continue;
        for (std::string_view key : {"read", "write"}) {
          if (const Node* rule = field.Value(key)) Add(resource, field.field, std::string(key), *rule);
        }
      }
    }
    return std::move(origins_);
  }

 private:
  void AddRule(model::ResourceId resource, const Entry& entry) {
    if (!entry.value.is_mapping()) return Add(resource, {}, entry.key, entry.value);
    for (const Entry& part : entry.value.entries) {
      Add(resource, {}, fmt::format("{}.{}", entry.key, part.key), part.value);
    }
  }

  void Add(model::ResourceId resource, model::FieldId field, std::string key, const Node& rule) {
    if (draft_.mistakes.is_system(rule.place)) return;
    Mistake at;
    locator_.Locate(rule.place, at);
    origins_.push_back({resource, field, std::move(key), at.file, at.line, std::string(rule.Shown())});
  }

  const Draft& draft_;
  const Locator& locator_;
  std::vector<model::Origin> origins_;
};

}  // namespace

std::vector<model::Origin> OriginsOf(const Draft& draft, const Locator& locator) {
  return Collector(draft, locator).Run();
}

}  // namespace ashlar::contract
