// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/describe.h"

#include <map>

#include "base/json/writer.h"
#include "model/names.h"
#include "model/reach.h"
#include "surface/rest/decode.h"
#include "surface/rest/describe_answers.h"
#include "surface/rest/describe_envelope.h"
#include "surface/rest/describe_parameters.h"
#include "surface/rest/describe_query.h"
#include "surface/rest/describe_schemas.h"
#include "surface/rest/describe_security.h"
#include "surface/rest/route.h"

namespace ashlar::surface::rest {
namespace {

using model::OperationKind;

constexpr std::string_view kGeneral =
    "Answers are `{\"data\": ..., \"meta\": ...}`, refusals `{\"error\": ..., \"meta\": ...}` with a code of their "
    "own; "
    "all that is wrong with a request is told at once. What an answer shows, counts and names is what the caller may "
    "read. An unknown parameter, field or operator is refused by name. `Accept: application/hal+json` gives the same "
    "as "
    "HAL, `application/problem+json` errors as RFC 9457.";

// Words for people: "orderLines" -> "order lines".
std::string Words(std::string_view name) {
  std::string words = model::SnakeCase(name);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string SummaryOf(const model::Resource& resource, OperationKind kind) {
  std::string one = Words(resource.singular);
  switch (kind) {
    case OperationKind::kList: return "List " + Words(resource.plural);
    case OperationKind::kCreate: return "Create " + one;
    case OperationKind::kGet: return "Get " + one;
    case OperationKind::kUpdate: return "Change " + one;
    case OperationKind::kReplace: return "Replace " + one;
    case OperationKind::kDelete: return "Delete " + one;
    case OperationKind::kRestore: return "Restore " + one;
    case OperationKind::kHistory: return fmt::format("Get {} history", one);
    case OperationKind::kAggregate: return "Aggregate " + Words(resource.plural);
  }
  return "";
}

std::string WhatItDoes(const model::Resource& resource, OperationKind kind) {
  bool client_ids = resource.id_kind != model::IdKind::kInt;
  switch (kind) {
    case OperationKind::kList: {
      std::string text =
          "The rows that the caller may read, a page at a time, by number or by cursor. Conditions on fields go "
          "together; `\\,` in a value of a list is a comma.";
      if (!resource.relations.empty()) {
        text += fmt::format(
            " A related row's fields are filtered by their path, as in `{}.id=...`; over a list of rows: of any of "
            "them.",
            resource.relations.front().name);
      }
      return text;
    }
    case OperationKind::kCreate: return "Makes a new row; what is not given has its default.";
    case OperationKind::kGet: return "One row, by its id.";
    case OperationKind::kUpdate:
      return "Changes what is given. A change that changes nothing leaves the version alone.";
    case OperationKind::kReplace:
      return client_ids ? "Replaces the whole row, or makes it where there is none." : "Replaces the whole row.";
    case OperationKind::kDelete:
      if (!resource.soft_delete) return "Deletes the row, and with it what the contract says goes with it.";
      return model::Purges(resource)
                 ? "Marks the row as deleted; it can be restored. With `purge` it goes for good, and with it what the "
                   "contract says goes with it."
                 : "Marks the row as deleted; it can be restored.";
    case OperationKind::kRestore: return "Undoes the deletion of a row.";
    case OperationKind::kHistory: return "Every change of one row, with the row as it was before and after.";
    case OperationKind::kAggregate:
      return "Counts, sums and means of the rows that the caller may list, all of them or by groups; the filters are "
             "those of a list, the pages are of groups.";
  }
  return "";
}

std::string WhoMay(const cel::ExprPtr& gate) {
  switch (model::ReachOf(gate)) {
    case model::Reach::kNobody: return " Nobody may do this.";
    case model::Reach::kEveryone: return " Everybody may do this.";
    case model::Reach::kSome: break;
  }
  return model::MayBeAnonymous(gate) ? " The rules of the service decide for which rows."
                                     : " Needs a credential; the rules of the service decide for whom.";
}

class DocumentWriter {
 public:
  DocumentWriter(const model::Service& service, const OtherOperations& others, json::Writer& out)
      : service_(service), others_(others), out_(out) {}

  void Write() {
    out_.BeginObject();
    out_.Field("openapi", "3.1.0");
    WriteInfo();
    out_.Key("servers");
    out_.Raw(R"([{"url":"/","description":"Where this document came from, in production as in a test",)"
             R"("x-internal":false}])");
    WriteTags();
    WritePaths();
    WriteComponents();
    out_.EndObject();
  }

 private:
  void WriteInfo() {
    out_.Key("info");
    out_.BeginObject();
    out_.Field("title", service_.title.empty() ? service_.name : service_.title);
    out_.Field("version", service_.version);
    out_.Field("description",
               fmt::format("{}{}{}", service_.description, service_.description.empty() ? "" : "\n\n", kGeneral));
    out_.EndObject();
  }

  void WriteTags() {
    out_.Key("tags");
    out_.BeginArray();
    for (const model::Resource& resource : service_.resources) {
      if (!HasOperations(resource)) continue;
      out_.BeginObject();
      out_.Field("name", resource.name);
      out_.Field("description", resource.description.empty() ? "The " + Words(resource.plural) + " of the service."
                                                             : resource.description);
      out_.EndObject();
    }
    out_.Raw(R"({"name":"batch","description":"Operations of any resource, together."})");
    if (!others_.operations.empty()) {
      out_.BeginObject();
      out_.Field("name", others_.tag);
      out_.Field("description", others_.description);
      out_.EndObject();
    }
    out_.Raw(R"({"name":"health","description":"For those who run the service."})");
    out_.EndArray();
  }

  bool HasOperations(const model::Resource& resource) const {
    return resource.routed && std::any_of(service_.operations.begin(), service_.operations.end(), [&](const auto& one) {
             return one.resource == resource.id && !one.internal;
           });
  }

  void WritePaths() {
    out_.Key("paths");
    out_.BeginObject();
    for (const Router::Address& address : Router(service_).Addresses()) {
      out_.Key(address.route);
      out_.BeginObject();
      for (const auto& [method, operation] : address.methods) {
        if (method == "QUERY") {
          WriteQueryExtension(service_, *operation, out_);
        } else {
          WriteOperation(method, *operation);
        }
      }
      out_.EndObject();
    }
    WriteBatch();
    WriteOthers();
    WriteHealth("live", "Whether the process runs", false);
    WriteHealth("ready", "Whether the service takes requests", true);
    out_.EndObject();
  }

  void WriteOperation(std::string_view method, const model::Operation& operation) {
    const model::Resource& resource = service_.resource(operation.resource);
    cel::ExprPtr gate = model::GateOf(resource, operation.kind);
    std::string key(method);
    for (char& c : key) c = static_cast<char>(c - 'A' + 'a');
    out_.Key(key);
    out_.BeginObject();
    out_.Field("operationId", operation.name);
    WriteStrings("tags", {resource.name}, out_);
    out_.Field("summary", SummaryOf(resource, operation.kind));
    out_.Field("description", WhatItDoes(resource, operation.kind) + WhoMay(gate) + Outdated(resource));
    if (resource.deprecated) out_.Field("deprecated", true);
    WriteParameters(service_, operation, out_);
    WriteBody(resource, operation.kind);
    WriteResponses(service_, operation, out_);
    WriteSecurity(service_, {.none = model::MayBeAnonymous(gate), .writes = model::Writes(operation.kind)}, out_);
    out_.EndObject();
  }

  static std::string Outdated(const model::Resource& resource) {
    if (!resource.deprecated) return "";
    const model::Deprecation& deprecated = *resource.deprecated;
    std::string text = " No longer to be used";
    if (!deprecated.since.empty()) text += " since " + deprecated.since;
    if (!deprecated.sunset.empty()) text += ", gone on " + deprecated.sunset;
    if (!deprecated.use.empty()) text += "; use " + deprecated.use;
    return text + ".";
  }

  void WriteBody(const model::Resource& resource, OperationKind kind) {
    Shape shape = Shape::kCreate;
    if (kind == OperationKind::kUpdate) {
      shape = Shape::kPatch;
    } else if (kind == OperationKind::kReplace) {
      shape = Shape::kReplace;
    } else if (kind != OperationKind::kCreate) {
      return;
    }
    out_.Key("requestBody");
    out_.BeginObject();
    out_.Field("required", true);
    out_.Key("content");
    out_.BeginObject();
    auto content = [&](std::string_view type) {
      bool patch = type == kJsonPatch;
      out_.Key(type);
      out_.BeginObject();
      out_.Key("schema");
      WriteReference("schemas", patch ? CommonSchemaName(service_, "JsonPatch") : SchemaName(service_, resource, shape),
                     out_);
      if (auto example = patch ? std::nullopt : BodyExample(resource, shape)) {
        out_.Key("example");
        out_.Raw(json::ToText(*example));
      }
      out_.EndObject();
    };
    content(kJson);
    if (shape == Shape::kPatch) content(kMergePatch);
    if (shape == Shape::kPatch) content(kJsonPatch);
    out_.EndObject();
    out_.EndObject();
  }

  void WriteBatch() {
    out_.Key(Router(service_).batch());
    out_.BeginObject();
    out_.Key("post");
    out_.BeginObject();
    out_.Field("operationId", "batch");
    WriteStrings("tags", {"batch"}, out_);
    out_.Field("summary", "Do several operations together");
    out_.Field("description",
               "At most 100 operations in one transaction: all of them, or nothing of any. Each is judged as a request "
               "of its own, and reads what those before it wrote. The first that is refused is the answer, and "
               "`error.operation` says which.");
    WriteBatchParameters(out_);
    out_.Key("requestBody");
    out_.BeginObject();
    out_.Field("required", true);
    out_.Key("content");
    out_.BeginObject();
    out_.Key(kJson);
    out_.BeginObject();
    out_.Key("schema");
    WriteReference("schemas", CommonSchemaName(service_, "Batch"), out_);
    WriteBatchExample();
    for (int i = 0; i < 3; ++i) out_.EndObject();
    WriteBatchResponses(service_, out_);
    WriteSecurity(service_, {.none = true, .writes = true}, out_);
    out_.EndObject();
    out_.EndObject();
  }

  // A list of what there is first, and its second page.
  void WriteBatchExample() {
    for (const Router::Address& address : Router(service_).Addresses()) {
      bool lists = std::ranges::any_of(address.methods,
                                       [](const auto& method) { return method.second->kind == OperationKind::kList; });
      if (!lists) continue;
      out_.Key("example");
      out_.Raw(fmt::format(R"({{"operations":[{{"id":"first","method":"GET","path":"{0}"}},)"
                           R"({{"method":"GET","path":"{0}?page=2"}}]}})",
                           address.route));
      return;
    }
  }

  void WriteOthers() {
    std::string_view path;
    for (const OtherOperation& other : others_.operations) {
      if (other.path != path) {
        if (!path.empty()) out_.EndObject();
        path = other.path;
        out_.Key(path);
        out_.BeginObject();
      }
      WriteOther(other);
    }
    if (!path.empty()) out_.EndObject();
  }

  void WriteOther(const OtherOperation& other) {
    out_.Key(other.method);
    out_.BeginObject();
    out_.Field("operationId", other.id);
    WriteStrings("tags", {other.tag}, out_);
    out_.Field("summary", other.summary);
    out_.Field("description", other.description);
    out_.Key("parameters");
    out_.BeginArray();
    WriteReference("parameters", "X-Request-Id", out_);
    for (size_t at = other.path.find('{'); at != std::string::npos; at = other.path.find('{', at + 1)) {
      const std::string name = other.path.substr(at + 1, other.path.find('}', at) - at - 1);
      const std::string_view schema = name == "id"
                                          ? R"({"type":"string","format":"uuid","maxLength":36})"
                                          : R"({"type":"string","pattern":"^[a-z][a-z0-9-]*$","maxLength":63})";
      out_.Raw(fmt::format(R"({{"name":"{}","in":"path","required":true,"description":"Which one.","schema":{}}})",
                           name, schema));
    }
    for (const std::string& parameter : other.parameters) out_.Raw(parameter);
    out_.EndArray();
    if (!other.body.empty()) {
      out_.Key("requestBody");
      out_.Raw(fmt::format(R"({{"required":true,"content":{{"application/json":{{"schema":{}{}{}}}}}}})", other.body,
                           other.example.empty() ? "" : R"(,"example":)", other.example));
    }
    WriteOtherResponses(service_, other.answer, out_);
    if (other.anonymous) {
      out_.Key("security");
      out_.Raw("[{}]");
    } else {
      WriteSecurity(service_, {.keys = other.keys, .clients = false, .writes = other.method != "get"}, out_);
    }
    out_.EndObject();
  }

  void WriteHealth(std::string_view name, std::string_view summary, bool ready) {
    out_.Key(fmt::format("/health/{}", name));
    out_.BeginObject();
    out_.Key("get");
    out_.BeginObject();
    out_.Field("operationId", ready ? "healthReady" : "healthLive");
    WriteStrings("tags", {"health"}, out_);
    out_.Field("summary", summary);
    out_.Field("description", ready ? "200 while the store answers, else 503." : "200 as long as anything answers.");
    out_.Key("parameters");
    out_.BeginArray();
    WriteReference("parameters", "X-Request-Id", out_);
    out_.EndArray();
    WriteHealthResponses(ready, out_);
    out_.Key("security");
    out_.Raw("[{}]");
    out_.EndObject();
    out_.EndObject();
  }

  void WriteComponents() {
    out_.Key("components");
    out_.BeginObject();
    WriteParameterComponents(out_);
    std::vector<const OtherAnswer*> answers;
    for (const OtherOperation& other : others_.operations) answers.push_back(&other.answer);
    WriteAnswerComponents(service_, answers, out_);
    WriteSchemas(service_, out_);  // last: all the others refer to these
    WriteSecuritySchemes(service_, out_);
    out_.EndObject();
  }

  const model::Service& service_;
  const OtherOperations& others_;
  json::Writer& out_;
};

}  // namespace

std::string DescribeOpenApi(const model::Service& service, const OtherOperations& others) {
  std::string text;
  json::Writer out(text);
  DocumentWriter(service, others, out).Write();
  return text;
}

}  // namespace ashlar::surface::rest
