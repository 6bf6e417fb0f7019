// SPDX-License-Identifier: Apache-2.0
#include "base/near.h"
#include "contract/foreign.h"
#include "contract/names_form.h"
#include "contract/position.h"
#include "contract/scalar.h"
#include "contract/sections/field_names.h"
#include "contract/sections/sections.h"
#include "model/names.h"

namespace ashlar::contract {
namespace {

constexpr size_t kMostFields = 500;  // of a resource

types::TypePtr MakeType(std::string_view name, types::Parameters parameters = {}) {
  auto made = types::FindFieldType(name)->make(parameters);
  return made ? *made : nullptr;
}

types::TypePtr IdType(model::IdKind kind) {
  types::Parameters parameters;
  switch (kind) {
    case model::IdKind::kInt: return MakeType("int");
    case model::IdKind::kString: {
      parameters.pattern = "[A-Za-z0-9][A-Za-z0-9._~-]{0,127}";
      return MakeType("string", parameters);
    }
    case model::IdKind::kUuid:
    case model::IdKind::kComposite: break;
  }
  return MakeType("uuid");
}

std::vector<std::string> TypeNames(const Draft& draft) {
  std::vector<std::string> names;
  for (const types::FieldType& row : draft.field_types) names.emplace_back(row.name);
  for (const ResourceDraft& resource : draft.resources) names.push_back(resource.name());
  return names;
}

void AddSystemFields(model::Resource& resource) {
  auto add = [&](std::string_view name, model::SystemField which, types::TypePtr type, bool nullable = false) {
    model::Field field;
    field.name = field.declared = name;
    field.column = model::SnakeCase(name);
    field.cel_type = cel::TypeOf(*type, nullable);
    field.type = std::move(type);
    field.system = which;
    field.required = !nullable;
    field.immutable = which == model::SystemField::kId;
    field.read_only = which != model::SystemField::kId;
    resource.fields.push_back(std::move(field));
  };
  if (resource.id_kind != model::IdKind::kComposite) {
    add("id", model::SystemField::kId, IdType(resource.id_kind));
    resource.key = {model::FieldId{0}};
  }
  add("version", model::SystemField::kVersion, MakeType("int"));
  add("createdAt", model::SystemField::kCreatedAt, MakeType("datetime"));
  add("updatedAt", model::SystemField::kUpdatedAt, MakeType("datetime"));
  if (resource.soft_delete) add("deletedAt", model::SystemField::kDeletedAt, MakeType("datetime"), true);
}

// Reads the fields of one resource into the model.
class FieldReader {
 public:
  FieldReader(Draft& draft, ResourceDraft& source, model::Resource& resource)
      : draft_(draft), source_(source), resource_(resource), names_(resource, draft.mistakes) {}

  void Read(const Entry& entry) {
    FieldDraft field;
    field.entry = &entry;
    bool named = names_.CheckForm(entry);
    bool right = ReadForm(field) && named;
    if (right) right = field.type_node == nullptr ? ClaimToMany(field) : ReadType(field);
    field.wrong = !right;
    if (!right) draft_.wrong_names.insert({entry.key, entry.key + "Id"});
    source_.fields.push_back(std::move(field));
  }

 private:
  // The short form or the long one; finds the type.
  bool ReadForm(FieldDraft& field) {
    const Node& value = field.entry->value;
    if (value.unset) return false;
    if (!value.is_mapping()) {
      bool type = value.is_sequence() ? value.items.size() == 1 && value.items[0].is_scalar() : !IsNull(value);
      if (!type) draft_.mistakes.Add(value.place, Problem::kWrongShape, field.name(), "a type or a mapping");
      field.type_node = &value;
      return type;
    }
    if (CutByComma(value)) return false;
    field.members = std::make_unique<Members>(value, FieldKeys(), "a field", draft_.mistakes);
    const Members& members = *field.members;
    bool many = members.Has("many") || members.Has("via") || members.Has("through");
    if (many == members.Has("type")) {
      draft_.mistakes.Add(field.entry->place, Problem::kTypeOrMany);
      return false;
    }
    bool joined = members.Has("via") || members.Has("through");
    if (many && (!members.Has("many") || !joined)) {
      draft_.mistakes.Add(value.place, Problem::kMissingKey, "a to-many relation",
                          members.Has("many") ? "via" : "many");
      return false;
    }
    field.type_node = members.Value("type");
    if (many) CheckKeys(field, kOnToMany, "a to-many relation");
    if (!many) return field.type_node != nullptr;
    auto right = [&](std::string_view key) { return !members.Has(key) || members.Value(key) != nullptr; };
    return members.Value("many") != nullptr && right("via") && right("through");
  }

  // `{ type: enum(a, b) }` is, to YAML, a type `enum(a` and a key `b)`: what was meant is told once.
  bool CutByComma(const Node& value) {
    const Entry* type = value.Find("type");
    bool cut = type != nullptr && type->value.style == Style::kPlain && !type->value.filled &&
               type->value.text.contains('(') && !type->value.text.contains(')');
    if (cut) draft_.mistakes.Add(type->value.place, Problem::kTypeUnquoted, type->value.text + ",");
    return cut;
  }

  void CheckKeys(const FieldDraft& field, uint8_t kind, std::string_view what) {
    if (field.members == nullptr) return;
    for (const Entry* entry : field.members->entries()) {
      auto row = std::ranges::find(FieldKeys(), entry->key, &Key::name);
      if ((row->on & kind) == 0) draft_.mistakes.Add(entry->place, Problem::kKeyNotOfType, entry->key, what);
    }
  }

  bool ClaimToMany(const FieldDraft& field) {
    return names_.ClaimMember(field.entry->place, field.name(), field.name());
  }

  bool ReadType(FieldDraft& field) {
    const Node& node = *field.type_node;
    const Node& scalar = node.is_sequence() ? node.items[0] : node;
    if (scalar.unset) return false;
    auto text = ParseTypeText(scalar.text);
    if (!text && scalar.text.ends_with('?') && ParseTypeText(scalar.text.substr(0, scalar.text.size() - 1))) {
      draft_.mistakes.Add(scalar.place, Problem::kTypeOptional);
      return false;
    }
    if (!text || (node.is_sequence() && (text->list || text->required))) {
      draft_.mistakes.Add(scalar.place, Problem::kTypeForm);
      return false;
    }
    text->list = text->list || node.is_sequence();
    field.type = *std::move(text);
    Place place = PlaceIn(scalar, field.type.offset, field.type.name.size(), draft_.SourceOf(scalar));
    if (field.type.element_required) {
      draft_.mistakes.Add(place, Problem::kElementRequired);
      return false;
    }
    std::string_view shown = scalar.filled ? scalar.Shown() : std::string_view(field.type.name);
    if (model::ResourceId target = draft_.service->FindResource(field.type.name); target.valid()) {
      return ReadToOne(field, target, place);
    }
    if (field.type.name == "file") {
      draft_.mistakes.Add(place, Problem::kUnsupported, "file");
      return false;
    }
    const types::FieldType* row = types::FindFieldType(field.type.name, draft_.field_types);
    if (row == nullptr) {
      std::string meant(TypeFor(field.type.name));
      bool pascal = field.type.name[0] >= 'A' && field.type.name[0] <= 'Z' && meant.empty();
      if (meant.empty()) meant = Near(field.type.name, TypeNames(draft_));
      draft_.mistakes.Suggest(place, pascal ? Problem::kResourceUnknown : Problem::kTypeUnknown,
                              scalar.filled ? "" : meant, shown);
      return false;
    }
    return ReadScalar(field, *row, scalar, place);
  }

  static std::optional<std::string> TextOf(const FieldDraft& field, std::string_view key) {
    const Node* node = field.Value(key);
    return node == nullptr ? std::nullopt : std::optional(node->text);
  }

  bool ReadScalar(FieldDraft& field, const types::FieldType& row, const Node& scalar, Place place) {
    bool computed = field.members != nullptr && field.members->Has("computed");
    if (computed) {
      CheckKeys(field, kOnComputed, "a computed field");
    } else {
      CheckKeys(field, kOnScalar, row.name);
    }
    types::Parameters parameters;
    parameters.arguments = field.type.arguments;
    types::Parameters& bounded = field.type.list ? list_ : parameters;
    bounded.min = TextOf(field, "min");
    bounded.max = TextOf(field, "max");
    bounded.pattern = TextOf(field, "pattern");
    auto type = row.make(parameters);
    if (type && field.type.list) {
      list_.element = *type;
      type = types::MakeList(list_);
    }
    list_ = {};
    if (!type) {
      for (const types::ParameterError& error : type.error()) TellParameter(field, row, scalar, place, error);
      return false;
    }
    return computed ? AddComputed(field, *std::move(type), place) : AddScalar(field, *std::move(type));
  }

  void TellParameter(const FieldDraft& field, const types::FieldType& row, const Node& scalar, Place place,
                     const types::ParameterError& error) {
    const Node* node = field.Value(error.key);
    const Node& wrong = node == nullptr ? scalar : *node;
    if (wrong.filled) {
      draft_.mistakes.Add(wrong.place, Problem::kTypeParameter, "with the environment's values this is no right type");
    } else if (node == nullptr && !row.takes.contains("arguments") && !field.type.arguments.empty()) {
      std::string length = row.takes.contains("pattern")
                               ? fmt::format(": its greatest length is a key, as {{ type: {}, max: 120 }}", row.name)
                               : "";
      draft_.mistakes.Add(place, Problem::kTypeParameter, fmt::format("{} takes no arguments{}", row.name, length));
    } else if (node == nullptr) {
      draft_.mistakes.Add(place, Problem::kTypeParameter, fmt::format("{}: {}", row.name, error.message));
    } else {
      draft_.mistakes.Add(node->place, Problem::kTypeParameter, fmt::format("'{}' {}", error.key, error.message));
    }
  }

  bool AddScalar(FieldDraft& field, types::TypePtr type) {
    std::string column = model::SnakeCase(field.name());
    if (!names_.ClaimMember(field.entry->place, field.name(), field.name()) ||
        !names_.ClaimColumn(field.entry->place, column, field.name())) {
      return false;
    }
    bool list = type->kind() == types::Kind::kList;
    model::Field made = Describe(field);
    made.name = field.name();
    made.column = std::move(column);
    made.cel_type = cel::TypeOf(*type, !made.required && !list);
    made.type = std::move(type);
    made.search = ReadSearch(field, *made.type);
    CheckIndexed(field, *made.type);
    Add(field, std::move(made));
    return true;
  }

  // Its expression is read once all fields are known.
  bool AddComputed(FieldDraft& field, types::TypePtr type, Place place) {
    if (!names_.ClaimMember(field.entry->place, field.name(), field.name())) return false;
    constexpr types::Kind kOthers[] = {types::Kind::kJson, types::Kind::kBytes, types::Kind::kList};
    if (std::ranges::find(kOthers, type->kind()) != std::end(kOthers)) {
      draft_.mistakes.Add(place, Problem::kComputedKind, type->text());
      return false;
    }
    if (field.type.required) draft_.mistakes.Add(place, Problem::kComputedRequired);
    model::Field made = Describe(field);
    made.name = field.name();
    made.required = false;
    made.read_only = true;
    made.cel_type = cel::TypeOf(*type, true);
    made.type = std::move(type);
    made.computed.emplace();
    Add(field, std::move(made));
    return true;
  }

  bool ReadToOne(FieldDraft& field, model::ResourceId target, Place place) {
    const model::Resource& to = draft_.service->resource(target);
    if (field.type.list) {
      draft_.mistakes.Add(place, Problem::kElementRelation, to.name, to.name);
      return false;
    }
    if (!field.type.arguments.empty()) {
      draft_.mistakes.Add(place, Problem::kTypeForm);
      return false;
    }
    if (to.id_kind == model::IdKind::kComposite) {
      draft_.mistakes.Add(place, Problem::kRefersToComposite, to.name);
      return false;
    }
    CheckKeys(field, kOnToOne, "a to-one relation");
    std::string key = field.name() + "Id";
    std::string column = model::SnakeCase(key);
    if (!names_.ClaimMember(field.entry->place, field.name(), field.name()) ||
        !names_.ClaimMember(field.entry->place, key, field.name()) ||
        !names_.ClaimColumn(field.entry->place, column, field.name())) {
      return false;
    }
    model::Relation relation;
    relation.name = field.name();
    relation.target = target;
    relation.remote = model::FieldId{0};
    relation.on_delete = ReadOnDelete(field);
    model::Field made = Describe(field);
    relation.description = made.description;
    made.name = std::move(key);
    made.column = std::move(column);
    made.type = IdType(to.id_kind);
    made.cel_type = cel::TypeOf(*made.type, !made.required);
    made.relation = model::RelationId{static_cast<uint32_t>(resource_.relations.size())};
    relation.local = Add(field, std::move(made));
    resource_.relations.push_back(std::move(relation));
    return true;
  }

  model::OnDelete ReadOnDelete(const FieldDraft& field) {
    const Node* node = field.Value("onDelete");
    if (node == nullptr || node->text == "restrict") return model::OnDelete::kRestrict;
    if (node->text == "cascade") return model::OnDelete::kCascade;
    if (node->text != "clear") {
      std::vector<std::string> words = {"restrict", "cascade", "clear"};
      draft_.mistakes.Suggest(node->place, Problem::kOnDelete, node->filled ? "" : Near(node->text, words));
    } else if (field.type.required) {
      draft_.mistakes.Add(node->place, Problem::kClearRequired);
    } else {
      return model::OnDelete::kClear;
    }
    return model::OnDelete::kRestrict;
  }

  // What a stored field has whatever its type is.
  model::Field Describe(const FieldDraft& field) {
    model::Field made;
    made.declared = field.name();
    made.required = field.type.required;
    made.unique = field.Flag("unique");
    made.index = field.Flag("index");
    made.immutable = field.Flag("immutable");
    made.read_only = field.Flag("readOnly");
    made.write_only = ReadWriteOnly(field);
    if (field.members != nullptr) made.description = field.members->Text("description");
    made.deprecated = ReadDeprecated(field.Value("deprecated"), draft_.mistakes);
    return made;
  }

  bool ReadWriteOnly(const FieldDraft& field) {
    bool write_only = field.Flag("writeOnly");
    const Entry* read = write_only ? field.members->Find("read") : nullptr;
    if (read != nullptr) draft_.mistakes.Add(read->place, Problem::kWriteOnlyRead);
    return write_only;
  }

  bool ReadSearch(const FieldDraft& field, const types::Type& type) {
    if (!field.Flag("search")) return false;
    const Node* search = field.Value("search");
    if (type.kind() != types::Kind::kText || !type.constants().empty()) {
      draft_.mistakes.Add(search->place, Problem::kSearchKind);
    } else if (field.Flag("writeOnly")) {
      draft_.mistakes.Add(search->place, Problem::kKeyNotOfType, "search", "what is writeOnly");
    } else if (field.members->Has("read")) {
      draft_.mistakes.Add(search->place, Problem::kSearchGuarded);
    }
    return true;
  }

  void CheckIndexed(const FieldDraft& field, const types::Type& type) {
    if (IsIndexable(type)) return;
    for (std::string_view key : {"unique", "index"}) {
      if (field.Flag(key)) {
        draft_.mistakes.Add(field.Value(key)->place, Problem::kIndexKind, field.name(), NameOf(type.kind()));
      }
    }
  }

  void ReadExample(const FieldDraft& field, model::Field& made) {
    const Node* node = field.Value("example");
    if (node == nullptr || IsNull(*node)) return;
    made.example = ToJson(*node);
    auto parsed = made.type->Parse(*made.example);
    // Texts need no quotes: 42 is an example of a string.
    if (!parsed && node->is_scalar() && made.example->string() == nullptr) {
      json::Json text(node->text);
      if (auto again = made.type->Parse(text)) {
        made.example = std::move(text);
        return;
      }
    }
    if (parsed) return;
    draft_.mistakes.Add(node->place, Problem::kExample, field.filled() ? kUnshown : parsed.error().front().message);
  }

  model::FieldId Add(FieldDraft& field, model::Field made) {
    ReadExample(field, made);
    field.field = model::FieldId{static_cast<uint32_t>(resource_.fields.size())};
    resource_.fields.push_back(std::move(made));
    return field.field;
  }

  Draft& draft_;
  ResourceDraft& source_;
  model::Resource& resource_;
  FieldNames names_;
  types::Parameters list_;
};

}  // namespace

bool IsIndexable(const types::Type& type) {
  return type.kind() != types::Kind::kList && type.kind() != types::Kind::kJson;
}

void ReadFields(Draft& draft) {
  for (size_t index = 0; index < draft.resources.size(); ++index) {
    ResourceDraft& source = draft.resources[index];
    model::Resource& resource = draft.resource(index);
    AddSystemFields(resource);
    const Node* fields = source.Value("fields");
    source.open = source.open || (fields == nullptr && source.members->Has("fields"));
    if (fields == nullptr) continue;
    if (fields->entries.size() > kMostFields) {
      draft.mistakes.Add(fields->entries[kMostFields].place, Problem::kTooMany, kMostFields, "fields of a resource");
      source.open = true;
    }
    FieldReader reader(draft, source, resource);
    for (size_t i = 0; i < std::min(fields->entries.size(), kMostFields); ++i) reader.Read(fields->entries[i]);
  }
}

}  // namespace ashlar::contract
