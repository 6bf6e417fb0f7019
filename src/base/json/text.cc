// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/json/json.h"
#include "base/json/writer.h"

namespace ashlar::json {
namespace {

void Write(const Json& document, Writer& writer) {
  if (document.is_null()) return writer.Null();
  if (const bool* boolean = document.boolean()) return writer.Bool(*boolean);
  if (const Number* number = document.number()) return writer.Raw(number->token);
  if (const std::string* string = document.string()) return writer.String(*string);
  if (const Array* array = document.array()) {
    writer.BeginArray();
    for (const Json& item : *array) Write(item, writer);
    writer.EndArray();
  } else if (const Object* object = document.object()) {
    writer.BeginObject();
    for (const Member& member : *object) {
      writer.Key(member.name);
      Write(member.value, writer);
    }
    writer.EndObject();
  }
}

auto Position(Object& object, std::string_view name) {
  return std::find_if(object.begin(), object.end(), [&](const Member& member) { return member.name == name; });
}

}  // namespace

const Json* Json::Find(std::string_view name) const {
  const Object* members = object();
  if (members == nullptr) return nullptr;
  for (const Member& member : *members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

void Append(const Json& document, std::string& out) {
  Writer writer(out);
  Write(document, writer);
}

std::string ToText(const Json& document) {
  std::string out;
  Append(document, out);
  return out;
}

void MergePatch(Json& target, const Json& patch) {
  const Object* changes = patch.object();
  if (changes == nullptr) {
    target = patch;
    return;
  }
  if (target.object() == nullptr) target.value.emplace<Object>();
  Object& members = std::get<Object>(target.value);
  for (const Member& change : *changes) {
    auto place = Position(members, change.name);
    if (change.value.is_null()) {
      if (place != members.end()) members.erase(place);
      continue;
    }
    if (place == members.end()) place = members.insert(members.end(), Member{change.name, {}});
    MergePatch(place->value, change.value);
  }
}

}  // namespace ashlar::json
