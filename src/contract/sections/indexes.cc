// SPDX-License-Identifier: Apache-2.0

#include "base/near.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

using Fields = std::vector<model::FieldId>;

constexpr size_t kMostIndexes = 50;      // of a resource
constexpr size_t kMostIndexFields = 16;  // of an index

// Reads the lists of `unique` and `indexes`.
class IndexReader {
 public:
  IndexReader(Draft& draft, const ResourceDraft& source, const model::Resource& resource)
      : draft_(draft), source_(source), resource_(resource) {}

  std::vector<Fields> Read(std::string_view key) {
    const Node* lists = source_.Value(key);
    std::vector<Fields> all;
    if (lists == nullptr) return all;
    if (lists->items.size() > kMostIndexes) {
      draft_.mistakes.Add(lists->items[kMostIndexes].place, Problem::kTooMany, kMostIndexes, "lists here");
      return all;
    }
    for (const Node& list : lists->items) {
      if (auto fields = ReadList(key, list)) all.push_back(*std::move(fields));
    }
    return all;
  }

 private:
  std::optional<Fields> ReadList(std::string_view key, const Node& list) {
    if (list.items.empty()) {
      draft_.mistakes.Add(list.place, Problem::kWrongShape, key, NameOf(Shape::kNameLists));
      return std::nullopt;
    }
    if (list.items.size() > kMostIndexFields) {
      draft_.mistakes.Add(list.items[kMostIndexFields].place, Problem::kTooMany, kMostIndexFields,
                          "fields of an index");
      return std::nullopt;
    }
    Fields fields;
    bool right = true;
    for (const Node& item : list.items) {
      auto field = ReadItem(item);
      right = right && field.has_value();
      if (!field) continue;
      if (std::ranges::find(fields, *field) == fields.end()) {
        fields.push_back(*field);
      } else {
        draft_.mistakes.Add(item.place, Problem::kRepeated, item.Shown());
        right = false;
      }
    }
    return right ? std::optional(fields) : std::nullopt;
  }

  // A field or to-one relation by its declared name, or a system field.
  std::optional<model::FieldId> ReadItem(const Node& item) {
    const FieldDraft* declared = source_.Find(item.text);
    if (item.unset || (declared == nullptr ? source_.open : declared->wrong)) return std::nullopt;
    model::FieldId found = declared == nullptr ? FindSystem(item.text) : declared->field;
    if (declared == nullptr && !found.valid()) {
      std::vector<std::string> names;
      for (const FieldDraft& field : source_.fields) names.push_back(field.name());
      draft_.mistakes.Suggest(item.place, Problem::kFieldUnknown, item.filled ? "" : Near(item.text, names),
                              source_.name(), item.Shown());
      return std::nullopt;
    }
    if (!found.valid()) {
      draft_.mistakes.Add(item.place, Problem::kIndexToMany, item.Shown(), source_.name());
      return std::nullopt;
    }
    if (resource_.field(found).computed) {
      draft_.mistakes.Add(item.place, Problem::kIndexComputed, item.Shown());
      return std::nullopt;
    }
    const types::Type& type = *resource_.field(found).type;
    if (!IsIndexable(type)) {
      draft_.mistakes.Add(item.place, Problem::kIndexKind, item.Shown(), NameOf(type.kind()));
      return std::nullopt;
    }
    return found;
  }

  model::FieldId FindSystem(std::string_view name) const {
    model::FieldId found = resource_.FindField(name);
    if (found.valid() && resource_.field(found).system == model::SystemField::kNone) return {};
    return found;
  }

  Draft& draft_;
  const ResourceDraft& source_;
  const model::Resource& resource_;
};

void AddOnce(std::vector<Fields>& all, Fields fields) {
  if (std::ranges::find(all, fields) == all.end()) all.push_back(std::move(fields));
}

// Whether some index finds rows by this field alone. Unique indexes of softly deleted resources hold live rows only.
bool IsServed(const model::Resource& resource, model::FieldId field) {
  auto leads = [&](const Fields& fields) { return !fields.empty() && fields.front() == field; };
  return leads(resource.key) || std::ranges::any_of(resource.indexes, leads) ||
         (!resource.soft_delete && std::ranges::any_of(resource.uniques, leads));
}

}  // namespace

void ReadIndexes(Draft& draft) {
  for (size_t i = 0; i < draft.resources.size(); ++i) {
    const ResourceDraft& source = draft.resources[i];
    model::Resource& resource = draft.resource(i);
    IndexReader reader(draft, source, resource);
    for (uint32_t at = 0; at < resource.fields.size(); ++at) {
      if (resource.fields[at].unique) resource.uniques.push_back({model::FieldId{at}});
      if (resource.fields[at].index) resource.indexes.push_back({model::FieldId{at}});
    }
    for (Fields& fields : reader.Read("unique")) AddOnce(resource.uniques, std::move(fields));
    for (Fields& fields : reader.Read("indexes")) AddOnce(resource.indexes, std::move(fields));
    // Rows are looked for by the keys of their relations: to-many includes, what a delete does to its children.
    for (const model::Relation& relation : resource.relations) {
      if (!relation.to_many && !IsServed(resource, relation.local)) resource.indexes.push_back({relation.local});
    }
  }
}

}  // namespace ashlar::contract
