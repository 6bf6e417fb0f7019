// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/describe_schemas.h"

#include "model/reach.h"
#include "surface/rest/describe_envelope.h"
#include "surface/rest/describe_groups.h"

namespace ashlar::surface::rest {
namespace {

using model::Reach;
using model::SystemField;

constexpr int kMaxIncluded = 100;  // rows of a to-many that an answer carries

// A field as one schema shows it.
struct Shown {
  bool required = false;
  bool read_only = false;
};

bool IsList(const model::Field& field) { return field.type->kind() == types::Kind::kList; }
bool IsNullable(const model::Field& field) { return !field.required && !IsList(field); }

// Whether it must be in a body that makes a row.
bool MustBeGiven(const model::Resource& resource, const model::Field& field) {
  if (field.system == SystemField::kId) return resource.id_kind == model::IdKind::kString;
  return field.system == SystemField::kNone && field.required && field.default_value == nullptr && !IsList(field);
}

bool SetAtCreation(const model::Resource& resource, const model::Field& field) {
  if (model::ReachOf(field.write) == Reach::kNobody) return false;
  if (field.system == SystemField::kId) return resource.id_kind != model::IdKind::kInt;
  return field.system == SystemField::kNone && !field.read_only;
}

bool SetLater(const model::Field& field) {
  return field.system == SystemField::kNone && !field.read_only && !field.immutable &&
         model::ReachOf(field.write) != Reach::kNobody;
}

// How the field stands in a schema; nothing where it does not.
std::optional<Shown> ShownIn(Shape shape, const model::Resource& resource, const model::Field& field) {
  Reach read = model::ReachOf(field.read);
  switch (shape) {
    case Shape::kRow:
    case Shape::kView:
      if (read == Reach::kNobody) return std::nullopt;
      return Shown{shape == Shape::kRow && read == Reach::kEveryone, !SetAtCreation(resource, field)};
    case Shape::kCreate:
      if (!SetAtCreation(resource, field)) return std::nullopt;
      return Shown{MustBeGiven(resource, field), false};
    case Shape::kPatch:
    case Shape::kReplace: {
      bool set = SetLater(field);
      if (!set && read == Reach::kNobody) return std::nullopt;
      bool everyone = read == Reach::kEveryone && model::ReachOf(field.write) == Reach::kEveryone;
      bool required = shape == Shape::kReplace && set && everyone && MustBeGiven(resource, field);
      bool at_creation = shape == Shape::kReplace && field.immutable && SetAtCreation(resource, field) &&
                         field.system == SystemField::kNone;
      return Shown{required, !set && !at_creation};
    }
    case Shape::kChange:
    case Shape::kGroup: break;
  }
  return std::nullopt;
}

std::string Meaning(const model::Service& service, const model::Resource& resource, const model::Field& field) {
  switch (field.system) {
    case SystemField::kNone: break;
    case SystemField::kId: return fmt::format("The id of this {}.", resource.name);
    case SystemField::kVersion: return "Counts the changes of the row; its ETag.";
    case SystemField::kCreatedAt: return "When the row was made.";
    case SystemField::kUpdatedAt: return "When the row was last changed.";
    case SystemField::kDeletedAt: return "When the row was deleted; null while it is there.";
  }
  if (!field.description.empty() || !field.relation.valid()) return field.description;
  const model::Relation& relation = resource.relation(field.relation);
  if (!relation.description.empty()) return relation.description;
  return fmt::format("The id of the {}.", service.resource(relation.target).name);
}

std::string ComputedFrom(const model::Resource& resource, const model::Computed& computed) {
  std::vector<std::string> names;
  for (model::FieldId input : computed.inputs) names.push_back(resource.field(input).name);
  return names.empty() ? "Computed." : fmt::format("Computed from {}.", fmt::join(names, ", "));
}

// "Moves from draft to placed, cancelled; from placed to paid."
std::string MovesOf(const model::Transitions& transitions) {
  std::string text = "Moves";
  for (const auto& [from, to] : transitions.moves) {
    if (!to.empty()) text += fmt::format("{} from {} to {}", text == "Moves" ? "" : ";", from, fmt::join(to, ", "));
  }
  return text == "Moves" ? "Never changes." : text + ".";
}

std::string DescriptionOf(const model::Service& service, const model::Resource& resource, const model::Field& field,
                          Shape shape) {
  std::string text = Meaning(service, resource, field);
  auto add = [&text](std::string_view more) { text += (text.empty() ? "" : " ") + std::string(more); };
  bool answer = shape == Shape::kRow || shape == Shape::kView;
  if (answer && model::ReachOf(field.read) == Reach::kSome) add("Absent where the caller may not read it.");
  if (!answer && model::ReachOf(field.write) == Reach::kSome) add("Not every caller may set it.");
  if (shape == Shape::kCreate && field.default_value != nullptr) add("Has a default.");
  if (!answer && field.unique) add("Unique.");
  if (field.transitions && shape != Shape::kCreate) add(MovesOf(*field.transitions));
  if (field.transitions && shape == Shape::kCreate) add("Can only begin in its default.");
  if (field.computed) add(ComputedFrom(resource, *field.computed));
  if (field.immutable && field.system == SystemField::kNone) add("Cannot be changed once the row is there.");
  if (field.deprecated && !field.deprecated->use.empty()) add(fmt::format("Use {}.", field.deprecated->use));
  return text;
}

class SchemasWriter {
 public:
  SchemasWriter(const model::Service& service, json::Writer& out) : service_(service), out_(out) {}

  void Write() {
    for (const model::Resource& resource : service_.resources) {
      if (resource.routed) WriteResource(resource);
    }
    WriteCommonSchemas(service_, referred_, out_);
  }

 private:
  void WriteResource(const model::Resource& resource) {
    WriteShape(resource, Shape::kRow, resource.description);
    WriteShape(resource, Shape::kView,
               fmt::format("{} as it was asked for: `fields` leaves members out, `include` brings related rows.",
                           resource.name));
    WriteShape(resource, Shape::kCreate, fmt::format("What makes a new {}.{}", resource.name, Checks(resource)));
    WriteShape(resource, Shape::kPatch,
               fmt::format("What changes in the {} (JSON Merge Patch, RFC 7396): what is absent stays, null empties. "
                           "Members that cannot be changed are taken when they are as the row has them.{}",
                           resource.name, Checks(resource)));
    WriteShape(resource, Shape::kReplace,
               fmt::format("The whole {}: what is absent becomes as in a new row, save what cannot be changed. "
                           "Members that cannot be changed are taken when they are as the row has them.{}",
                           resource.name, Checks(resource)));
    if (referred_.To("schemas", SchemaName(service_, resource, Shape::kChange))) WriteChange(resource);
    std::string group = SchemaName(service_, resource, Shape::kGroup);
    if (!referred_.To("schemas", group)) return;
    out_.Key(group);
    WriteGroupSchema(resource, out_);
  }

  // What the row must hold besides its fields' own bounds.
  static std::string Checks(const model::Resource& resource) {
    std::string text;
    for (const model::Check& check : resource.checks) {
      if (check.message.empty()) continue;
      std::string field = check.field.valid() ? resource.field(check.field).name + " " : "";
      text += fmt::format("{}{}{}", text.empty() ? " Checked: " : "; ", field, check.message);
    }
    return text.empty() ? text : text + ".";
  }

  void WriteShape(const model::Resource& resource, Shape shape, const std::string& description) {
    std::string name = SchemaName(service_, resource, shape);
    bool nested = shape == Shape::kView;  // the view of any resource may refer to it, a later one's too
    if (!nested && !referred_.To("schemas", name)) return;
    bool answer = shape == Shape::kRow || shape == Shape::kView;
    bool composite = resource.id_kind == model::IdKind::kComposite;
    std::vector<std::string> required;
    if (composite && shape == Shape::kRow) required.emplace_back("id");
    out_.Key(name);
    out_.BeginObject();
    out_.Field("type", "object");
    if (!description.empty()) out_.Field("description", description);
    if (answer && resource.deprecated) out_.Field("deprecated", true);
    out_.Key("properties");
    out_.BeginObject();
    if (composite && shape != Shape::kCreate) WriteCompositeId(resource);
    for (const model::Field& field : resource.fields) {
      std::optional<Shown> shown = ShownIn(shape, resource, field);
      if (!shown) continue;
      if (shown->required) required.push_back(field.name);
      WriteField(resource, field, shape, shown->read_only);
    }
    if (shape == Shape::kView) WriteRelations(resource);
    out_.EndObject();
    if (!required.empty()) WriteStrings("required", required, out_);
    if (!answer) out_.Field("additionalProperties", false);
    out_.EndObject();
  }

  void WriteCompositeId(const model::Resource& resource) {
    std::vector<std::string> parts;
    for (model::FieldId part : resource.key) parts.push_back(resource.field(part).name);
    out_.Key("id");
    out_.BeginObject();
    out_.Field("type", "string");
    out_.Field("maxLength", 1024);
    out_.Field("description",
               fmt::format("The id of this {}: {}, with a comma between.", resource.name, fmt::join(parts, ", ")));
    out_.Field("readOnly", true);
    out_.EndObject();
  }

  void WriteField(const model::Resource& resource, const model::Field& field, Shape shape, bool read_only) {
    json::Object schema = SchemaOf(*field.type);
    if (IsNullable(field)) AllowNull(schema);
    out_.Key(field.name);
    out_.BeginObject();
    for (const json::Member& member : schema) {
      out_.Key(member.name);
      out_.Raw(json::ToText(member.value));
    }
    std::string description = DescriptionOf(service_, resource, field, shape);
    if (!description.empty()) out_.Field("description", description);
    if (auto example = ExampleOf(field)) {
      out_.Key("examples");
      out_.BeginArray();
      out_.Raw(json::ToText(*example));
      out_.EndArray();
    }
    if (read_only) out_.Field("readOnly", true);
    if (field.write_only) out_.Field("writeOnly", true);
    if (field.deprecated) out_.Field("deprecated", true);
    out_.EndObject();
  }

  // Related rows, where they were asked for.
  void WriteRelations(const model::Resource& resource) {
    for (const model::Relation& relation : resource.relations) {
      const model::Resource& target = service_.resource(relation.target);
      std::string name = SchemaName(service_, target, Shape::kView);
      out_.Key(relation.name);
      out_.BeginObject();
      if (relation.to_many) {
        out_.Field("type", "array");
        out_.Field("maxItems", kMaxIncluded);
        out_.Key("items");
        WriteReference("schemas", name, out_);
      } else {
        out_.Key("anyOf");
        out_.BeginArray();
        WriteReference("schemas", name, out_);
        out_.Raw(R"({"type":"null"})");
        out_.EndArray();
      }
      out_.Field("readOnly", true);
      out_.Field(
          "description",
          fmt::format("{}{}There when it is included{}.", relation.description, relation.description.empty() ? "" : " ",
                      relation.to_many ? fmt::format(", its first {} rows", kMaxIncluded) : std::string()));
      out_.EndObject();
    }
  }

  void WriteChange(const model::Resource& resource) {
    out_.Key(SchemaName(service_, resource, Shape::kChange));
    out_.BeginObject();
    out_.Field("type", "object");
    out_.Field("description", fmt::format("One change of one {}.", resource.name));
    out_.Key("properties");
    out_.BeginObject();
    auto member = [this](std::string_view name, std::string_view schema) {
      out_.Key(name);
      out_.Raw(schema);
    };
    member("id", R"({"type":"string","format":"uuid","maxLength":36,"description":"The id of the entry."})");
    member("action",
           R"({"type":"string","maxLength":64,"pattern":"^[a-zA-Z-]+$",)"
           R"("description":"What was done: create, update, replace, delete, restore, purge.","examples":["update"]})");
    member("version", R"({"type":"integer","format":"int64","minimum":1,"maximum":9007199254740991,)"
                      R"("description":"The row's version after the change."})");
    member("at", R"({"type":"string","format":"date-time","maxLength":32,"description":"When."})");
    member("callerId", R"({"type":["string","null"],"maxLength":255,"description":"Who; null for nobody known."})");
    member("requestId", R"({"type":"string","maxLength":128,"description":"By which request."})");
    member("before", R"({"type":["object","null"],"description":"The row before, as far as the caller may read it."})");
    member("after", R"({"type":["object","null"],"description":"The row after, as far as the caller may read it."})");
    out_.EndObject();
    WriteStrings("required", {"id", "action", "version", "at", "callerId", "requestId", "before", "after"}, out_);
    out_.EndObject();
  }

  const model::Service& service_;
  json::Writer& out_;
  Referred referred_{out_};
};

std::string_view SuffixOf(Shape shape) {
  switch (shape) {
    case Shape::kRow: return "";
    case Shape::kView: return "View";
    case Shape::kCreate: return "Create";
    case Shape::kPatch: return "Patch";
    case Shape::kReplace: return "Replace";
    case Shape::kChange: return "Change";
    case Shape::kGroup: return "Group";
  }
  return "";
}

}  // namespace

// No suffix ends in another, so that only a resource of that very name can stand in the way; names have no dots.
std::string SchemaName(const model::Service& service, const model::Resource& resource, Shape shape) {
  if (shape == Shape::kRow) return resource.name;
  std::string name = fmt::format("{}{}", resource.name, SuffixOf(shape));
  return service.FindResource(name).valid() ? fmt::format("{}.{}", resource.name, SuffixOf(shape)) : name;
}

json::Object SchemaOf(const types::Type& type) {
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  type.JsonSchema(out);
  out.EndObject();
  auto parsed = json::Parse(text);
  return parsed && parsed->object() != nullptr ? *parsed->object() : json::Object{};
}

void AllowNull(json::Object& schema) {
  for (json::Member& member : schema) {
    if (member.name == "type") {
      member.value = json::Json(json::Array{member.value, json::Json(std::string("null"))});
    } else if (member.name == "enum") {
      std::get<json::Array>(member.value.value).emplace_back();
    }
  }
}

std::optional<json::Json> ExampleOf(const model::Field& field) {
  if (field.system == SystemField::kDeletedAt) return json::Json{};
  json::Json example = field.example ? *field.example : field.type->Example();
  if (!field.type->Parse(example)) return std::nullopt;  // a pattern, whose values cannot be made up
  return example;
}

std::optional<json::Json> BodyExample(const model::Resource& resource, Shape shape) {
  json::Object body;
  for (const model::Field& field : resource.fields) {
    std::optional<Shown> shown = ShownIn(shape, resource, field);
    if (!shown || shown->read_only || field.deprecated || field.transitions) continue;
    bool worth = shown->required || (field.system == SystemField::kNone && !field.relation.valid() &&
                                     model::ReachOf(field.write) == Reach::kEveryone);
    if (!worth) continue;
    auto example = ExampleOf(field);
    if (!example && shown->required) return std::nullopt;
    if (example) body.push_back({field.name, std::move(*example)});
  }
  return json::Json(std::move(body));
}

bool MayBeHidden(const model::Resource& resource) { return model::ReachOf(resource.access.get) != Reach::kEveryone; }

void WriteSchemas(const model::Service& service, json::Writer& out) {
  out.Key("schemas");
  out.BeginObject();
  SchemasWriter(service, out).Write();
  out.EndObject();
}

}  // namespace ashlar::surface::rest
