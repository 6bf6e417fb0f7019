// SPDX-License-Identifier: Apache-2.0
#include "store/sql/change.h"

#include <set>

#include "store/sql/catalog.h"
#include "store/sql/schema.h"
#include "store/sql/search.h"
#include "types/decimal.h"
#include "types/list_form.h"
#include "types/wider.h"

namespace ashlar::store::sql {
namespace {

using model::Field;
using model::Resource;

// A description may come from a damaged file: what is missing is empty.
const json::Json& At(const json::Json& object, std::string_view name) {
  static const json::Json kNull;
  const json::Json* member = object.Find(name);
  return member == nullptr ? kNull : *member;
}
const json::Object& ObjectAt(const json::Json& object, std::string_view name) {
  static const json::Object kNone;
  const json::Object* found = At(object, name).object();
  return found == nullptr ? kNone : *found;
}
std::string TextAt(const json::Json& object, std::string_view name) {
  const std::string* text = At(object, name).string();
  return text == nullptr ? "" : *text;
}
std::set<std::string> NamesAt(const json::Json& object, std::string_view name) {
  std::set<std::string> names;
  for (const json::Member& member : ObjectAt(object, name)) names.insert(member.name);
  return names;
}
std::set<std::string> TextsAt(const json::Json& object, std::string_view name) {
  std::set<std::string> texts;
  const json::Array* array = At(object, name).array();
  if (array == nullptr) return texts;
  for (const json::Json& one : *array) {
    if (one.string() != nullptr) texts.insert(*one.string());
  }
  return texts;
}

// A value as a column's DEFAULT; nullopt where SQL has no such literal.
std::optional<std::string> LiteralText(const Dialect& dialect, const Field& field, const types::Value& value) {
  if (value.is_null()) return std::nullopt;
  if (const auto* boolean = value.get<bool>()) return std::string(*boolean ? "TRUE" : "FALSE");
  if (const auto* real = value.get<double>()) return fmt::format("{}", *real);
  const auto* decimal = value.get<types::Decimal>();
  if (decimal == nullptr) return dialect.Literal(value);
  auto scaled = types::Rescale(*decimal, field.type->scale());
  return scaled ? dialect.Literal(*scaled) : std::nullopt;
}

std::optional<std::string> DefaultText(const Dialect& dialect, const Field& field) {
  if (field.default_value == nullptr) {
    return field.type->kind() == types::Kind::kList ? std::optional<std::string>("'[]'") : std::nullopt;
  }
  cel::ExprPtr folded = cel::FoldConstants(field.default_value);
  const auto* literal = folded->get<cel::Literal>();
  return literal == nullptr ? std::nullopt : LiteralText(dialect, field, literal->value);
}

class Comparer {
 public:
  Comparer(const model::Service& service, const Dialect& dialect, Change& change)
      : service_(service), dialect_(dialect), change_(change) {}

  void Run(const json::Json& applied) {
    const json::Number* format = At(applied, "format").number();
    if (format == nullptr || format->token != std::to_string(kFormat)) {
      return Refuse("the store was written by another version of ashlar");
    }
    if (TextAt(applied, "service") != service_.name) {
      return Refuse("the store is of the service '{}', not of '{}'", TextAt(applied, "service"), service_.name);
    }
    std::set<std::string> known;
    for (const json::Member& member : ObjectAt(applied, "resources")) {
      known.insert(member.name);
      model::ResourceId id = service_.FindResource(member.name);
      if (id.valid()) {
        CompareResource(member.value, service_.resource(id));
      } else {
        Refuse("resource {} is gone: its table would have to be dropped", member.name);
      }
    }
    for (const Resource& resource : service_.resources) {
      if (known.contains(resource.name)) continue;
      CreateResource(service_, dialect_, resource, change_.statements);
      for (const Field& field : resource.fields) CreateReference(service_, dialect_, resource, field, references_);
    }
    change_.statements.insert(change_.statements.end(), references_.begin(), references_.end());
  }

 private:
  template <class... Arguments>
  void Refuse(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    change_.refused.push_back(fmt::format(format, std::forward<Arguments>(arguments)...));
  }

  void CompareResource(const json::Json& old, const Resource& resource) {
    std::string text;
    json::Writer writer(text);
    DescribeResource(service_, dialect_, resource, writer);
    auto now = json::Parse(text, {.depth = 64, .bytes = SIZE_MAX});
    if (!now) return Refuse("resource {} cannot be described", resource.name);
    if (TextAt(old, "table") != resource.table) {
      Refuse("resource {}: its table would have to be renamed from {} to {}", resource.name, TextAt(old, "table"),
             resource.table);
    }
    if (At(old, "id") != At(*now, "id") || At(old, "key") != At(*now, "key")) {
      Refuse("resource {}: its id has changed, so that its rows would have to get new ids", resource.name);
    }
    if (At(old, "softDelete") != At(*now, "softDelete")) {
      Refuse("resource {}: softDelete has changed, so that its unique indexes would have to be made anew",
             resource.name);
    }
    if (NamesAt(old, "checks") != NamesAt(*now, "checks")) {
      Refuse("resource {}: its checks have changed, so that its rows would have to be checked", resource.name);
    }
    for (const json::Member& member : ObjectAt(old, "fields")) CompareField(member, *now, resource);
    for (const Field& field : resource.fields) {
      if (At(old, "fields").Find(field.name) == nullptr) AddField(resource, field);
    }
    CompareUniques(old, *now, resource);
    CompareIndexes(old, resource);
    CompareSearch(TextAt(old, "search"), resource);
  }

  void CompareField(const json::Member& old, const json::Json& resource_now, const Resource& resource) {
    const json::Json* now = At(resource_now, "fields").Find(old.name);
    std::string place = resource.name + "." + old.name;
    if (now == nullptr) return Refuse("field {} is gone: its column would have to be dropped", place);
    if (At(old.value, "storage") != At(*now, "storage")) {
      Refuse("field {} has changed from {} to {}: its values would have to be converted", place,
             TextAt(old.value, "type"), TextAt(*now, "type"));
    } else if (!types::TakesAllOf(TextAt(*now, "type"), TextAt(old.value, "type"))) {
      Refuse("field {} has changed from {} to {}: its values would have to be checked", place,
             TextAt(old.value, "type"), TextAt(*now, "type"));
    } else if (At(old.value, "references") != At(*now, "references")) {
      Refuse("field {} refers to another resource: its rows would have to be checked", place);
    }
    if (At(old.value, "required") != At(*now, "required")) {
      const bool* required = At(*now, "required").boolean();
      Refuse("field {} is {} now: its table would have to be made anew", place,
             required != nullptr && *required ? "required" : "optional");
    }
  }

  void AddField(const Resource& resource, const Field& field) {
    std::string place = resource.name + "." + field.name;
    if (field.computed) return;
    if (field.system != model::SystemField::kNone) return;  // told with softDelete or the id
    std::optional<std::string> literal = DefaultText(dialect_, field);
    if (field.unique) return Refuse("field {} is new and unique: its rows would have to be told apart", place);
    if (field.default_value != nullptr && !literal) {
      return Refuse("field {} is new and its default is no literal: its rows would have to be filled", place);
    }
    if (NotNull(field) && !literal) {
      return Refuse("field {} is new and required: its rows need a value, so give it a literal default", place);
    }
    if (literal && field.relation.valid()) {
      return Refuse("field {} is a new relation with a default: its rows would have to be filled", place);
    }
    change_.statements.push_back(fmt::format("ALTER TABLE {} ADD COLUMN {}{}", Quote(resource.table),
                                             DefineColumn(service_, dialect_, resource, field),
                                             literal ? " DEFAULT " + *literal : ""));
    CreateReference(service_, dialect_, resource, field, references_);
  }

  void CompareUniques(const json::Json& old, const json::Json& now, const Resource& resource) {
    std::set<std::string> was = TextsAt(old, "unique");
    std::set<std::string> is = TextsAt(now, "unique");
    for (const std::string& columns : is) {
      if (was.contains(columns) || IsNewField(old, resource, columns)) continue;
      Refuse("resource {}: {} is unique now, so that its rows would have to be checked", resource.name, columns);
    }
    for (const std::string& columns : was) {
      if (is.contains(columns)) continue;
      Refuse("resource {}: {} is no longer unique: its index would have to be dropped", resource.name, columns);
    }
  }

  // Whether AddField has told it already.
  static bool IsNewField(const json::Json& old, const Resource& resource, const std::string& columns) {
    return std::any_of(resource.fields.begin(), resource.fields.end(), [&](const Field& field) {
      return field.unique && Quote(field.column) == columns && At(old, "fields").Find(field.name) == nullptr;
    });
  }

  void CompareIndexes(const json::Json& old, const Resource& resource) {
    std::set<std::string> was = TextsAt(old, "indexes");
    std::map<std::string, std::string> is = IndexesOf(dialect_, resource);
    for (const auto& [columns, sorted] : is) {
      if (!was.contains(columns)) change_.statements.push_back(CreateIndex(dialect_, resource.table, columns, sorted));
    }
    for (const std::string& columns : was) {
      if (!is.contains(columns)) change_.statements.push_back(DropIndex(dialect_, resource.table, columns));
    }
  }

  // What is searched is made of the rows, so that it can be made anew at any time.
  void CompareSearch(const std::string& was, const Resource& resource) {
    if (was == SearchedColumns(resource)) return;
    auto add = [this](std::vector<std::string> statements) {
      change_.statements.insert(change_.statements.end(), statements.begin(), statements.end());
    };
    if (!was.empty()) add(DropSearch(dialect_, resource.table, was));
    if (!resource.searched()) return;
    add(CreateSearch(dialect_, resource));
    if (dialect_.words_within()) change_.words.push_back(resource.id);
  }

  const model::Service& service_;
  const Dialect& dialect_;
  Change& change_;
  std::vector<std::string> references_;
};

}  // namespace

Error Refusal(const Change& change, std::string_view anew) {
  return {ErrorKind::kInvalid,
          fmt::format("the store does not fit the contract, and this build makes no migrations:\n  {}\n"
                      "nothing was changed. What there is to do:\n"
                      "  - serve the contract as it was, which the rows still fit\n"
                      "  - change it only in what applies by itself: new resources, optional fields, fields with a "
                      "literal default, plain\n"
                      "    indexes; a field of another type can stand beside the old one under a name of its own\n"
                      "  - begin with {} and fill it with `ashlar load`",
                      fmt::join(change.refused, "\n  "), anew)};
}

Change Compare(const json::Json& applied, const model::Service& service, const Dialect& dialect) {
  Change change;
  Comparer(service, dialect, change).Run(applied);
  return change;
}

}  // namespace ashlar::store::sql
