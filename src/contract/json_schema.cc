// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <initializer_list>

#include "base/json/writer.h"
#include "contract/contract.h"
#include "contract/keys.h"

namespace ashlar::contract {
namespace {

constexpr std::string_view kVariable = "^\\$\\{[A-Za-z_]";  // what the environment fills in

void WriteMapping(json::Writer& out, std::span<const Key> keys, bool nothing = true);  // is as good as {}

void WriteTypes(json::Writer& out, std::initializer_list<std::string_view> types) {
  out.Key("type");
  out.BeginArray();
  for (std::string_view type : types) out.String(type);
  out.EndArray();
}

void WriteScalar(json::Writer& out) {
  out.BeginObject();
  WriteTypes(out, {"string", "number", "boolean"});
  out.EndObject();
}

void WriteListOf(json::Writer& out, int levels) {
  out.Field("type", "array");
  out.Key("items");
  out.BeginObject();
  if (levels == 1) out.Field("type", "string");
  if (levels > 1) WriteListOf(out, levels - 1);
  out.EndObject();
}

// What `write` writes, or a text that the environment fills in.
template <class Write>
void WriteOrVariable(json::Writer& out, Write write) {
  out.Key("anyOf");
  out.BeginArray();
  out.BeginObject();
  write();
  out.EndObject();
  out.BeginObject();
  out.Field("type", "string");
  out.Field("pattern", kVariable);
  out.EndObject();
  out.EndArray();
}

std::string Whole(std::string_view form) { return fmt::format("^(?:{})$", form); }

void WriteName(json::Writer& out, std::string_view form) {
  if (form.empty()) return out.Field("type", "string");
  WriteOrVariable(out, [&] {
    out.Field("type", "string");
    if (form.find_first_of("[(\\") != std::string_view::npos) return out.Field("pattern", Whole(form));
    out.Key("enum");
    out.BeginArray();
    for (size_t start = 0; start <= form.size();) {
      size_t end = std::min(form.find('|', start), form.size());
      out.String(form.substr(start, end - start));
      start = end + 1;
    }
    out.EndArray();
  });
}

// [TYPE] as YAML reads it.
void WriteTypeInList(json::Writer& out) {
  out.BeginObject();
  WriteListOf(out, 1);
  out.Field("minItems", int64_t{1});
  out.Field("maxItems", int64_t{1});
  out.EndObject();
}

void WriteTypeText(json::Writer& out) {
  out.BeginObject();
  out.Field("type", "string");
  out.Key("examples");
  out.BeginArray();
  for (const types::FieldType& type : types::FieldTypes()) out.String(type.name);
  out.EndArray();
  out.EndObject();
}

void WriteType(json::Writer& out) {
  out.Key("anyOf");
  out.BeginArray();
  WriteTypeText(out);
  WriteTypeInList(out);
  out.EndArray();
}

// A scalar, or a mapping of the key's members.
void WriteScalarOr(json::Writer& out, const Key& key, void (*scalar)(json::Writer&)) {
  out.Key("anyOf");
  out.BeginArray();
  scalar(out);
  out.BeginObject();
  WriteMapping(out, key.members, false);
  out.EndObject();
  out.EndArray();
}

void WriteField(json::Writer& out) {
  WriteTypeText(out);
  WriteTypeInList(out);
}

void WriteNamed(json::Writer& out, const Key& key) {
  out.Field("type", "object");
  out.Key("propertyNames");
  out.BeginObject();
  out.Field("pattern", Whole(key.form));
  out.EndObject();
  out.Key("additionalProperties");
  if (key.shape == Shape::kNamedTexts) return WriteScalar(out);
  out.BeginObject();
  if (key.shape == Shape::kNamed) {
    WriteMapping(out, key.members);
  } else {
    WriteScalarOr(out, key, WriteField);
  }
  out.EndObject();
}

void WriteNamedNames(json::Writer& out) {
  out.Field("type", "object");
  out.Key("additionalProperties");
  out.BeginObject();
  WriteListOf(out, 1);
  out.EndObject();
}

void WriteList(json::Writer& out, const Key& key) {
  out.Field("type", "array");
  out.Key("items");
  out.BeginObject();
  WriteMapping(out, key.members);
  out.EndObject();
}

// Lists of rows, by their resources: what a row is made of is the contract's own.
void WriteNamedRows(json::Writer& out) {
  out.Field("type", "object");
  out.Key("additionalProperties");
  out.BeginObject();
  out.Field("type", "array");
  out.Key("items");
  out.BeginObject();
  out.Field("type", "object");
  out.EndObject();
  out.EndObject();
}

void WriteIds(json::Writer& out) {
  out.Field("type", "array");
  out.Key("items");
  out.BeginObject();
  WriteTypes(out, {"string", "number"});
  out.EndObject();
}

void WriteNameOr(json::Writer& out, const Key& key) {
  out.Key("anyOf");
  out.BeginArray();
  out.BeginObject();
  WriteName(out, key.form);
  out.EndObject();
  out.BeginObject();
  WriteMapping(out, key.members, false);
  out.EndObject();
  out.EndArray();
}

void WriteFlag(json::Writer& out) {
  out.BeginObject();
  out.Field("type", "boolean");
  out.EndObject();
}

void WriteShape(json::Writer& out, const Key& key) {
  switch (key.shape) {
    case Shape::kText:
    case Shape::kExpression:
    case Shape::kRule: return WriteTypes(out, {"string", "number", "boolean"});
    case Shape::kBound: return WriteTypes(out, {"string", "number"});
    case Shape::kName: return WriteName(out, key.form);
    case Shape::kBool: return WriteOrVariable(out, [&] { out.Field("type", "boolean"); });
    case Shape::kWhole: return WriteOrVariable(out, [&] { out.Field("type", "integer"); });
    case Shape::kNames: return WriteListOf(out, 1);
    case Shape::kNameLists: return WriteListOf(out, 2);
    case Shape::kType: return WriteType(out);
    case Shape::kId: return WriteTypes(out, {"string", "array"});
    case Shape::kAny: return;
    case Shape::kMapping: return WriteMapping(out, key.members);
    case Shape::kMappings: return WriteList(out, key);
    case Shape::kNamed:
    case Shape::kNamedTexts:
    case Shape::kNamedFields: return WriteNamed(out, key);
    case Shape::kNamedNames: return WriteNamedNames(out);
    case Shape::kFlagOrMapping: return WriteScalarOr(out, key, WriteFlag);
    case Shape::kRuleOrMapping: return WriteScalarOr(out, key, WriteScalar);
    case Shape::kNameOrMapping: return WriteNameOr(out, key);
    case Shape::kNamedRows: return WriteNamedRows(out);
    case Shape::kIds: return WriteIds(out);
  }
}

void WriteMapping(json::Writer& out, std::span<const Key> keys, bool nothing) {
  if (nothing) {
    WriteTypes(out, {"object", "null"});
  } else {
    out.Field("type", "object");
  }
  out.Key("properties");
  out.BeginObject();
  for (const Key& key : keys) {
    if (!key.supported) continue;
    out.Key(key.name);
    out.BeginObject();
    out.Field("description", key.doc);
    WriteShape(out, key);
    out.EndObject();
  }
  out.EndObject();
  out.Key("required");
  out.BeginArray();
  for (const Key& key : keys) {
    if (key.required) out.String(key.name);
  }
  out.EndArray();
  out.Field("additionalProperties", false);
}

}  // namespace

std::string JsonSchema() {
  std::string text;
  json::Writer out(text);
  out.BeginObject();
  out.Field("$schema", "https://json-schema.org/draft/2020-12/schema");
  out.Field("title", "Ashlar contract");
  WriteMapping(out, TopLevelKeys());
  out.EndObject();
  return text;
}

}  // namespace ashlar::contract
