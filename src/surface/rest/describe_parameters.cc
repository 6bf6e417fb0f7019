// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/describe_parameters.h"

#include "call/operator.h"
#include "model/reach.h"
#include "surface/rest/describe_envelope.h"
#include "surface/rest/describe_groups.h"
#include "surface/rest/describe_schemas.h"
#include "surface/rest/query.h"

namespace ashlar::surface::rest {
namespace {

using call::Operator;
using model::OperationKind;

constexpr size_t kMostPaths = 64;  // of includes that are named one by one
constexpr int kMaxIncludeDepth = 3;
constexpr int kMaxText = 8192;     // longer addresses are refused anyway
constexpr int64_t kMaxValues = 1000;

// Parameters that are the same wherever they stand: the key among the components, and the parameter.
struct CommonRow {
  std::string_view key;
  std::string_view json;
};
constexpr CommonRow kCommon[] = {
    {"page", R"({"name":"page","in":"query","description":"Which page, counted from 1.","schema":{"type":"integer",)"
             R"("format":"int32","minimum":1,"maximum":1000000,"default":1}})"},
    {"total",
     R"({"name":"total","in":"query","description":"`false`: the rows are not counted, `meta` has no `total`.",)"
     R"("schema":{"type":"boolean","default":true}})"},
    {"after", R"({"name":"after","in":"query","allowEmptyValue":true,"description":"Pages by cursor: the rows behind )"
              R"(`meta.next` of the page before; empty begins. Not with `page`, `total` or `before`.",)"
              R"("schema":{"type":"string","maxLength":8192}})"},
    {"before",
     R"({"name":"before","in":"query","allowEmptyValue":true,"description":"Pages by cursor, backwards: the rows )"
     R"(before `meta.previous`; empty begins at the end. Not with `page`, `total` or `after`.",)"
     R"("schema":{"type":"string","maxLength":8192}})"},
    {"filter", R"({"name":"filter","in":"query","description":"A condition in CEL (cel.dev) over the row's fields and )"
               R"(relations, for what the other parameters cannot say, as in `size(name) > 3 && createdAt < now()`. )"
               R"(Goes together with them.","schema":{"type":"string","minLength":1,"maxLength":8192}})"},
    {"q", R"({"name":"q","in":"query","description":"Words that all must occur in the row's searched fields, whatever )"
          R"(their case and accents; the rows that fit best come first unless `sort` says otherwise.","schema":)"
          R"({"type":"string","minLength":1,"maxLength":1024},"example":"green tea"})"},
    {"tz",
     R"({"name":"tz","in":"query","description":"The time zone whose clocks tell the periods of `groupBy`, by its )"
     R"(IANA name.","schema":{"type":"string","minLength":1,"maxLength":64,"default":"UTC"},)"
     R"("example":"Europe/Berlin"})"},
    {"deleted",
     R"({"name":"deleted","in":"query","description":"Deleted rows too, or only those; for who may restore them.",)"
     R"("schema":{"type":"string","enum":["with","only"]}})"},
    {"purge",
     R"({"name":"purge","in":"query","description":"`true`: for good, a row that is deleted already too; a right of )"
     R"(its own.","schema":{"type":"boolean","default":false}})"},
    {"dryRun",
     R"({"name":"dryRun","in":"query","description":"`true`: does everything but commit, and answers what would have )"
     R"(been: the same status, body and errors.","schema":{"type":"boolean","default":false}})"},
    {"If-Match",
     R"({"name":"If-Match","in":"header","description":"Only if the row has one of these ETags (their numbers are )"
     R"(compared), or `*`: if it is there.","schema":{"type":"string","maxLength":8192},"example":"\"7\""})"},
    {"If-Match-required",
     R"({"name":"If-Match","in":"header","required":true,"description":"Only if the row has one of these ETags (their )"
     R"(numbers are compared), or `*`: if it is there.","schema":{"type":"string","maxLength":8192},)"
     R"("example":"\"7\""})"},
    {"If-None-Match",
     R"({"name":"If-None-Match","in":"header","description":"Answers 304 if the row still has one of these ETags.",)"
     R"("schema":{"type":"string","maxLength":8192},"example":"\"7\""})"},
    {"If-None-Match-any",
     R"({"name":"If-None-Match","in":"header","description":"`*`: only if the row is not there yet.",)"
     R"("schema":{"type":"string","const":"*","maxLength":1}})"},
    {"Idempotency-Key",
     R"({"name":"Idempotency-Key","in":"header","description":"A name of the client's choice for this request, best )"
     R"(a random one, at least 22 characters where no credential is sent. Within 24 hours the same request under the )"
     R"(same name is answered as before and not done again.","schema":{"type":"string","minLength":1,"maxLength":255},)"
     R"("example":"8e03978e-40d5-43dd-bc93-6894a57f9324"})"},
    {"X-Request-Id",
     R"({"name":"X-Request-Id","in":"header","description":"A name for this request, for the log; one is made )"
     R"(otherwise.","schema":{"type":"string","minLength":1,"maxLength":128,"pattern":"^[A-Za-z0-9._-]+$"},)"
     R"("example":"checkout-42"})"},
};

// The schema of a value in a filter: of the right form, but within no bounds.
json::Object FilterSchema(const types::Type& type) {
  json::Object schema;
  bool constants = !type.constants().empty();
  bool text = type.kind() == types::Kind::kText;
  bool integer = false;
  for (json::Member& member : SchemaOf(type)) {
    if (member.name == "type" && member.value.string() != nullptr) integer = *member.value.string() == "integer";
    bool bound = member.name == "minimum" || member.name == "maximum" || member.name == "minLength" ||
                 (member.name == "maxLength" && text) || (member.name == "pattern" && (text || type.scale() > 0));
    if (!bound) schema.push_back(std::move(member));
  }
  auto add = [&schema](std::string name, std::string number) {
    schema.push_back({std::move(name), json::Json(json::Number{std::move(number)})});
  };
  if (integer) {
    add("minimum", "-9007199254740991");
    add("maximum", "9007199254740991");
  }
  if (text && !constants) add("maxLength", std::to_string(kMaxText));
  return schema;
}

// An int id in an address, where it is a text: 7 and 07 are not the same address.
json::Object NumberAsText() {
  json::Object schema;
  schema.push_back({"type", json::Json(std::string("string"))});
  schema.push_back({"maxLength", json::Json(json::Number{"17"})});
  schema.push_back({"pattern", json::Json(std::string("^(?:0|-?[1-9][0-9]{0,15})$"))});
  return schema;
}

// A part of a text, whatever form the whole text has.
json::Object AnyText() {
  json::Object schema;
  schema.push_back({"type", json::Json(std::string("string"))});
  schema.push_back({"maxLength", json::Json(json::Number{std::to_string(kMaxText)})});
  return schema;
}

class ParametersWriter {
 public:
  ParametersWriter(const model::Service& service, const model::Operation& operation, json::Writer& out)
      : service_(service), resource_(service.resource(operation.resource)), kind_(operation.kind), out_(out) {}

  void Write() {
    bool lists = kind_ == OperationKind::kList;
    bool groups = kind_ == OperationKind::kAggregate;
    if (!lists && !groups && kind_ != OperationKind::kCreate) WriteId();
    if (groups) WriteGrouping();
    if (lists || groups || kind_ == OperationKind::kHistory) WritePaging(lists);
    if (groups) Common("total");
    if (lists) WriteSort();
    if (lists || groups) {
      Common("filter");
      if (resource_.searched()) Common("q");
      if (resource_.soft_delete) Common("deleted");
    }
    if (lists || kind_ == OperationKind::kGet) {
      WriteFields();
      WriteInclude();
    }
    if (lists || groups) WriteConditions();
    if (kind_ == OperationKind::kDelete && model::Purges(resource_)) Common("purge");
    if (model::Writes(kind_)) Common("dryRun");
    WriteHeaders();
  }

 private:
  void Common(std::string_view key) { WriteReference("parameters", key, out_); }

  void WritePaging(bool lists) {
    Common("page");
    out_.BeginObject();
    out_.Field("name", "perPage");
    out_.Field("in", "query");
    out_.Field("description", "How many rows a page has at most.");
    out_.Key("schema");
    out_.BeginObject();
    out_.Field("type", "integer");
    out_.Field("format", "int32");
    out_.Field("minimum", 1);
    out_.Field("maximum", resource_.page_max);
    out_.Field("default", resource_.page_default);
    out_.EndObject();
    out_.EndObject();
    if (!lists) return;
    for (std::string_view key : {"total", "after", "before"}) Common(key);
  }

  void WriteHeaders() {
    switch (kind_) {
      case OperationKind::kGet:
        Common("If-Match");
        Common("If-None-Match");
        break;
      case OperationKind::kReplace:
        Common("If-Match");  // a new row has none, whatever the contract asks of changes
        Common("If-None-Match-any");
        break;
      case OperationKind::kUpdate:
      case OperationKind::kRestore:
        Common(resource_.if_match_required ? "If-Match-required" : "If-Match");
        Common("Idempotency-Key");
        break;
      case OperationKind::kDelete: Common(resource_.if_match_required ? "If-Match-required" : "If-Match"); break;
      case OperationKind::kCreate: Common("Idempotency-Key"); break;
      case OperationKind::kList:
      case OperationKind::kAggregate:
      case OperationKind::kHistory: break;
    }
    Common("X-Request-Id");
  }

  void WriteId() {
    out_.BeginObject();
    out_.Field("name", "id");
    out_.Field("in", "path");
    out_.Field("required", true);
    std::vector<std::string> parts;
    for (model::FieldId part : resource_.key) parts.push_back(resource_.field(part).name);
    bool composite = resource_.id_kind == model::IdKind::kComposite;
    out_.Field("description", composite ? fmt::format("The row's {}, with a comma between.", fmt::join(parts, ", "))
                                        : fmt::format("The id of the {}.", resource_.name));
    out_.Key("schema");
    if (composite) {
      out_.Raw(R"({"type":"string","minLength":3,"maxLength":1024,"pattern":"^[^,]+(,[^,]+)+$"})");
    } else if (resource_.id_kind == model::IdKind::kInt) {
      WriteSchema(NumberAsText());
    } else {
      WriteSchema(SchemaOf(*resource_.field(resource_.key[0]).type));
    }
    if (auto example = IdExample()) out_.Field("example", *example);
    out_.EndObject();
  }

  std::optional<std::string> IdExample() const {
    std::string id;
    for (model::FieldId part : resource_.key) {
      auto example = ExampleOf(resource_.field(part));
      if (!example) return std::nullopt;
      std::string text = example->string() != nullptr ? *example->string() : json::ToText(*example);
      id += (id.empty() ? "" : ",") + text;
    }
    return id;
  }

  void WriteSchema(const json::Object& schema) { out_.Raw(json::ToText(json::Json(schema))); }

  // Fields that somebody may read.
  std::vector<const model::Field*> Readable() const {
    std::vector<const model::Field*> fields;
    for (const model::Field& field : resource_.fields) {
      if (model::ReachOf(field.read) != model::Reach::kNobody) fields.push_back(&field);
    }
    return fields;
  }

  // One that takes names with commas between.
  void WriteNames(std::string_view name, std::string_view description, const std::vector<std::string>& names,
                  std::string_view pattern = "", bool required = false) {
    out_.BeginObject();
    out_.Field("name", name);
    out_.Field("in", "query");
    if (required) out_.Field("required", true);
    out_.Field("description", description);
    out_.Field("style", "form");
    out_.Field("explode", false);
    out_.Key("schema");
    out_.BeginObject();
    out_.Field("type", "array");
    out_.Field("minItems", 1);
    out_.Field("maxItems", pattern.empty() ? static_cast<int64_t>(names.size()) : kMaxValues);
    out_.Field("uniqueItems", true);
    out_.Key("items");
    out_.BeginObject();
    out_.Field("type", "string");
    if (pattern.empty()) {
      WriteStrings("enum", names, out_);
    } else {
      out_.Field("maxLength", 512);
      out_.Field("pattern", pattern);
    }
    for (int i = 0; i < 3; ++i) out_.EndObject();
  }

  void WriteSort() {
    std::vector<std::string> names;
    auto add = [&names](const std::string& name) {
      names.push_back(name);
      names.push_back("-" + name);
    };
    if (resource_.id_kind == model::IdKind::kComposite) add("id");
    for (const model::Field* field : Readable()) {
      if (field->type->sortable()) add(field->name);
    }
    WriteNames("sort", "By which fields, `-` before one turns it around; rows that are alike are sorted by id.", names);
  }

  // What only an aggregate has.
  void WriteGrouping() {
    WriteNames("select", "What to compute of each group's rows.", MeasuresOf(resource_), "", true);
    WriteNames("groupBy",
               "By what to group the rows; all are one group otherwise. A period stands for the first day of it (of an "
               "hour, the moment) and is told by the clocks of `tz`.",
               GroupKeysOf(resource_));
    Common("tz");
    std::vector<std::string> sorts = MeasuresOf(resource_);
    for (std::string& key : GroupKeysOf(resource_)) sorts.push_back(std::move(key));
    for (size_t i = 0, count = sorts.size(); i < count; ++i) sorts.push_back("-" + sorts[i]);
    WriteNames("sort", "By which keys of `groupBy` and functions as in `select`; `-` turns one around.", sorts);
    for (const call::OperatorRow& row : call::Operators()) {
      bool ordered = row.op == Operator::kGt || row.op == Operator::kGte || row.op == Operator::kLt ||
                     row.op == Operator::kLte || row.op == Operator::kEq;
      if (!ordered) continue;
      out_.BeginObject();
      out_.Field("name", fmt::format("having[count][{}]", row.name));
      out_.Field("in", "query");
      out_.Field("description",
                 fmt::format("Only groups whose count is {}; so with `ne`, `in`, `nin`, `isNull` and every "
                             "function of `select`, as in `having[sum(price)][gt]`.",
                             row.op == Operator::kEq ? "equal" : row.doc));
      out_.Key("schema");
      out_.Raw(R"({"type":"integer","format":"int64","minimum":0,"maximum":9007199254740991})");
      out_.EndObject();
    }
  }

  void WriteFields() {
    std::vector<std::string> names;
    if (resource_.id_kind == model::IdKind::kComposite) names.emplace_back("id");
    for (const model::Field* field : Readable()) names.push_back(field->name);
    WriteNames("fields", "Only these fields.", names);
  }

  void AddPaths(const model::Resource& resource, const std::string& above, int depth,
                std::vector<std::string>& paths) const {
    for (const model::Relation& relation : resource.relations) {
      if (paths.size() > kMostPaths) return;
      paths.push_back(above + relation.name);
      if (depth < kMaxIncludeDepth) {
        AddPaths(service_.resource(relation.target), above + relation.name + ".", depth + 1, paths);
      }
    }
  }

  void WriteInclude() {
    if (resource_.relations.empty()) return;
    std::vector<std::string> paths;
    AddPaths(resource_, "", 1, paths);
    std::vector<std::string> own;
    for (const model::Relation& relation : resource_.relations) own.push_back(relation.name);
    bool many = paths.size() > kMostPaths;
    WriteNames("include",
               fmt::format("Related rows too: {}, and what these are related to, as in `a.b`; at most {} deep.",
                           fmt::join(own, ", "), kMaxIncludeDepth),
               paths, many ? "^[A-Za-z][A-Za-z0-9]*(\\.[A-Za-z][A-Za-z0-9]*){0,2}$" : "");
  }

  void WriteConditions() {
    for (const model::Field* field : Readable()) {
      if (!field->type->filterable()) continue;
      for (const call::OperatorRow& row : call::Operators()) {
        if (Fits(row.op, *field->type)) WriteCondition(*field, row);
      }
    }
  }

  void WriteCondition(const model::Field& field, const call::OperatorRow& row) {
    bool bare = row.op == Operator::kEq && !IsParameterName(field.name);
    out_.BeginObject();
    out_.Field("name", bare ? field.name : fmt::format("{}[{}]", field.name, row.name));
    out_.Field("in", "query");
    out_.Field("description", row.op == Operator::kEq ? fmt::format("`{}`: equal.", field.name)
                                                      : fmt::format("`{}`: {}.", field.name, row.doc));
    if (row.many) {
      out_.Field("style", "form");
      out_.Field("explode", false);
    }
    if (field.deprecated) out_.Field("deprecated", true);
    out_.Key("schema");
    json::Object value = ValueSchema(field, row.op);
    if (row.many) {
      out_.BeginObject();
      out_.Field("type", "array");
      out_.Field("minItems", 1);
      out_.Field("maxItems", kMaxValues);
      out_.Key("items");
      WriteSchema(value);
      out_.EndObject();
    } else {
      WriteSchema(value);
    }
    out_.EndObject();
  }

  static json::Object ValueSchema(const model::Field& field, Operator op) {
    bool text = field.type->kind() == types::Kind::kText;
    bool part =
        op == Operator::kContains || op == Operator::kStartsWith || op == Operator::kIeq || op == Operator::kIcontains;
    if (op == Operator::kIsNull) {
      json::Object schema;
      schema.push_back({"type", json::Json(std::string("boolean"))});
      return schema;
    }
    if (part && text) return AnyText();
    bool id = field.system == model::SystemField::kId || field.relation.valid();
    if (id && field.type->kind() == types::Kind::kInt64) return NumberAsText();
    const types::Type* element = field.type->element();
    return FilterSchema(element != nullptr ? *element : *field.type);
  }

  const model::Service& service_;
  const model::Resource& resource_;
  OperationKind kind_;
  json::Writer& out_;
};

}  // namespace

void WriteParameters(const model::Service& service, const model::Operation& operation, json::Writer& out) {
  out.Key("parameters");
  out.BeginArray();
  ParametersWriter(service, operation, out).Write();
  out.EndArray();
}

void WriteBatchParameters(json::Writer& out) {
  out.Key("parameters");
  out.BeginArray();
  for (std::string_view key : {"dryRun", "Idempotency-Key", "X-Request-Id"}) WriteReference("parameters", key, out);
  out.EndArray();
}

void WriteParameterComponents(json::Writer& out) {
  out.Key("parameters");
  out.BeginObject();
  Referred referred(out);
  for (const CommonRow& row : kCommon) {
    if (!referred.To("parameters", row.key)) continue;
    out.Key(row.key);
    out.Raw(row.json);
  }
  out.EndObject();
}

}  // namespace ashlar::surface::rest
