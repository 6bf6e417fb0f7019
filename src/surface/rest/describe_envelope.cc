// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/describe_envelope.h"

#include "call/api_error.h"

namespace ashlar::surface::rest {
namespace {

class EnvelopeWriter {
 public:
  EnvelopeWriter(const model::Service& service, json::Writer& out) : service_(service), out_(out) {}

  void WriteMeta() {
    out_.Key(CommonSchemaName(service_, "Meta"));
    out_.BeginObject();
    out_.Field("type", "object");
    out_.Field("description", "What is said of an answer.");
    out_.Key("properties");
    out_.BeginObject();
    WriteMetaMembers();
    out_.EndObject();
    WriteStrings("required", {"timestamp", "requestId"}, out_);
    out_.EndObject();
  }

  void WriteListMeta() {
    out_.Key(CommonSchemaName(service_, "ListMeta"));
    out_.BeginObject();
    out_.Field("type", "object");
    out_.Field("description",
               "What is said of a page: `page` with `total` and `totalPages`, or with a cursor `next` and `previous`.");
    out_.Key("properties");
    out_.BeginObject();
    WriteMetaMembers();
    WritePageMembers();
    out_.EndObject();
    WriteStrings("required", {"timestamp", "requestId", "perPage"}, out_);
    out_.EndObject();
  }

  void WriteBatch() {
    out_.Key(CommonSchemaName(service_, "Batch"));
    out_.Raw(
        R"({"type":"object","additionalProperties":false,"description":"Operations that are done together or not at )"
        R"(all.","required":["operations"],"properties":{"operations":{"type":"array","minItems":1,"maxItems":100,)"
        R"("description":"In their order.","items":{"type":"object","additionalProperties":false,)"
        R"("required":["method","path"],"properties":{)"
        R"("id":{"type":"string","maxLength":64,"pattern":"^[A-Za-z][A-Za-z0-9_-]*$","description":)"
        R"("A name for later operations to refer to: `\"${c1.id}\"` as a whole value of a body, or as a whole part )"
        R"(of a path, is what the operation `c1` answered as `id`. A text that begins with `${` is written `$${`."},)"
        R"("method":{"type":"string","enum":["GET","QUERY","POST","PUT","PATCH","DELETE"],"description":)"
        R"("As of a request of its own."},)"
        R"("path":{"type":"string","minLength":1,"maxLength":14336,"description":"As of a request of its own, with )"
        R"(its query."},)"
        R"("body":{"description":"As of a request of its own; of a PATCH a JSON Merge Patch."},)"
        R"("ifMatch":{"type":"string","maxLength":8192,"description":"As `If-Match` of a request of its own.",)"
        R"("examples":["\"7\""]}}}}}})");
  }

  void WriteBatchResult() {
    out_.Key(CommonSchemaName(service_, "BatchResult"));
    out_.BeginObject();
    out_.Field("type", "object");
    out_.Field("description", "What one operation of a batch answered.");
    out_.Key("properties");
    out_.BeginObject();
    out_.Key("id");
    out_.Raw(R"({"type":"string","maxLength":64,"description":"The operation's, if it has one."})");
    out_.Key("status");
    out_.Raw(R"({"type":"integer","format":"int32","minimum":200,"maximum":299,"description":)"
             R"("As of an answer of its own."})");
    out_.Key("data");
    out_.Raw(R"({"description":"As of an answer of its own; null where it has none."})");
    out_.Key("meta");
    out_.BeginObject();
    out_.Field("type", "object");
    out_.Field("description", "What is said of a page, and where includes were cut short; absent elsewhere.");
    out_.Key("properties");
    out_.BeginObject();
    WriteMore();
    WritePageMembers();
    out_.EndObject();
    out_.EndObject();
    out_.EndObject();
    WriteStrings("required", {"status", "data"}, out_);
    out_.EndObject();
  }

  void WriteJsonPatch() {
    out_.Key(CommonSchemaName(service_, "JsonPatch"));
    out_.Raw(
        R"({"type":"array","maxItems":256,"description":"A JSON Patch (RFC 6902) of the row as the caller reads it.",)"
        R"("items":{"type":"object","properties":{)"
        R"("op":{"type":"string","enum":["add","remove","replace","move","copy","test"]},)"
        R"("path":{"type":"string","maxLength":4096,"description":"A JSON Pointer (RFC 6901)."},)"
        R"("from":{"type":"string","maxLength":4096,"description":"move, copy: what stands there."},)"
        R"("value":{"description":"add, replace, test: any JSON."}},"required":["op","path"]},)"
        R"("example":[{"op":"test","path":"/version","value":1}]})");
  }

  void WriteError() {
    out_.Key(CommonSchemaName(service_, "ApiError"));
    out_.BeginObject();
    out_.Field("type", "object");
    out_.Field("description", "Why a request was refused.");
    out_.Key("properties");
    out_.BeginObject();
    out_.Key("error");
    out_.BeginObject();
    out_.Field("type", "object");
    out_.Field("description", "The refusal.");
    out_.Key("properties");
    out_.BeginObject();
    out_.Key("code");
    out_.BeginObject();
    out_.Field("type", "string");
    out_.Field("description", "For programs.");
    std::vector<std::string> codes;
    for (const call::CodeRow& row : call::Codes()) codes.emplace_back(row.name);
    WriteStrings("enum", codes, out_);
    out_.EndObject();
    out_.Key("message");
    out_.Raw(R"({"type":"string","maxLength":65536,"description":"For people."})");
    out_.Key("details");
    WriteDetails();
    out_.Key("operation");
    out_.Raw(R"({"type":"object","description":"Which operation of a batch it is about; absent elsewhere.",)"
             R"("properties":{"index":{"type":"integer","format":"int32","minimum":0,"maximum":99,"description":)"
             R"("Its place in `operations`, counted from 0."},"id":{"type":"string","maxLength":64,"description":)"
             R"("Its `id`, if it has one."}},"required":["index"]})");
    out_.EndObject();
    WriteStrings("required", {"code", "message"}, out_);
    out_.EndObject();
    out_.Key("meta");
    WriteReference("schemas", CommonSchemaName(service_, "Meta"), out_);
    out_.EndObject();
    WriteStrings("required", {"error", "meta"}, out_);
    out_.EndObject();
  }

 private:
  void WritePageMembers() {
    auto count = [this](std::string_view name, int64_t least, std::string_view description) {
      out_.Key(name);
      out_.BeginObject();
      out_.Field("type", "integer");
      out_.Field("format", "int64");
      out_.Field("minimum", least);
      out_.Field("maximum", int64_t{9007199254740991});
      out_.Field("description", description);
      out_.EndObject();
    };
    count("page", 1, "Which page this is.");
    count("perPage", 1, "How many rows a page has at most.");
    count("total", 0, "How many rows there are.");
    count("totalPages", 0, "How many pages there are.");
    out_.Key("next");
    out_.Raw(R"({"type":["string","null"],"maxLength":8192,"description":"`after` of the next page; null: none."})");
    out_.Key("previous");
    out_.Raw(R"({"type":["string","null"],"maxLength":8192,"description":"`before` of the one before; null: none."})");
  }

  void WriteMetaMembers() {
    out_.Key("timestamp");
    out_.Raw(R"({"type":"string","format":"date-time","maxLength":32,"description":"When it was answered.",)"
             R"("examples":["2024-02-29T12:00:00.000000Z"]})");
    out_.Key("requestId");
    out_.Raw(R"({"type":"string","maxLength":128,"description":"As the header X-Request-Id says.",)"
             R"("examples":["01976f3c-2a00-7000-8000-0000000000a1"]})");
    WriteMore();
  }

  void WriteMore() {
    out_.Key("more");
    out_.Raw(R"({"type":"array","maxItems":10000,"items":{"type":"string","maxLength":1024},)"
             R"("description":"Where an included list has more rows than are here.","examples":[["data[0].lines"]]})");
  }

  void WriteDetails() {
    std::string codes;
    for (auto code = types::Detail::kRequired; code <= types::Detail::kTransition;
         code = static_cast<types::Detail>(static_cast<int>(code) + 1)) {
      codes += fmt::format("{}{}", codes.empty() ? "" : ", ", types::NameOf(code));
    }
    out_.BeginObject();
    out_.Field("type", "array");
    out_.Field("maxItems", 10'000);
    out_.Field("description", "What is wrong with single fields, all at once.");
    out_.Key("items");
    out_.BeginObject();
    out_.Field("type", "object");
    out_.Field("description", "One wrong field.");
    out_.Key("properties");
    out_.BeginObject();
    out_.Key("field");
    out_.Raw(R"({"type":"string","maxLength":1024,"description":"Its path in the body, or a parameter's name.",)"
             R"("examples":["lines[2].quantity"]})");
    out_.Key("code");
    out_.BeginObject();
    out_.Field("type", "string");
    out_.Field("maxLength", 64);
    out_.Field("pattern", "^[A-Z_]+$");
    out_.Field("description", fmt::format("{}; be ready for others.", codes));
    out_.Key("examples");
    out_.Raw(R"(["TOO_SMALL"])");
    out_.EndObject();
    out_.Key("message");
    out_.Raw(R"({"type":"string","maxLength":65536,"description":"For people."})");
    out_.EndObject();
    WriteStrings("required", {"field", "code", "message"}, out_);
    out_.EndObject();
    out_.EndObject();
  }

  const model::Service& service_;
  json::Writer& out_;
};

}  // namespace

void WriteReference(std::string_view kind, std::string_view name, json::Writer& out) {
  out.BeginObject();
  out.Field("$ref", fmt::format("#/components/{}/{}", kind, name));
  out.EndObject();
}

bool Referred::To(std::string_view kind, std::string_view name) {
  constexpr std::string_view kBegin = "\"#/components/";
  while (true) {
    size_t begin = text_.find(kBegin, read_);
    size_t end = begin == std::string::npos ? begin : text_.find('"', begin + kBegin.size());
    if (end == std::string::npos) break;
    found_.insert(text_.substr(begin + kBegin.size(), end - begin - kBegin.size()));
    read_ = end;
  }
  return found_.contains(fmt::format("{}/{}", kind, name));
}

void WriteStrings(std::string_view key, const std::vector<std::string>& texts, json::Writer& out) {
  out.Key(key);
  out.BeginArray();
  for (const std::string& text : texts) out.String(text);
  out.EndArray();
}

std::string CommonSchemaName(const model::Service& service, std::string_view name) {
  return service.FindResource(name).valid() ? fmt::format("any.{}", name) : std::string(name);
}

void WriteCommonSchemas(const model::Service& service, Referred& referred, json::Writer& out) {
  EnvelopeWriter writer(service, out);
  writer.WriteError();
  writer.WriteMeta();
  writer.WriteListMeta();
  writer.WriteBatch();
  writer.WriteBatchResult();
  if (referred.To("schemas", CommonSchemaName(service, "JsonPatch"))) writer.WriteJsonPatch();
}

}  // namespace ashlar::surface::rest
