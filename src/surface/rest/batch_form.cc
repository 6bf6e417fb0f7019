// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/batch_form.h"

#include "base/near.h"
#include "base/result.h"
#include "surface/rest/accept.h"
#include "surface/rest/decode.h"
#include "surface/rest/once.h"

namespace ashlar::surface::rest {
namespace {

using call::Code;
using types::Detail;

constexpr size_t kMaxId = 64;
constexpr size_t kMostMistakes = 1000;  // that are told
// A body of an operation may be nested as deep as a body of its own; around it stand the batch, its list and itself.
constexpr int kMaxDepth = json::Limits{}.depth + 3;

bool IsId(std::string_view id) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !id.empty() && id.size() <= kMaxId && letter(id[0]) &&
         std::ranges::all_of(id, [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

class FormReader {
 public:
  std::vector<BatchOperation> Read(const json::Json& body) {
    if (body.object() == nullptr)
      return Wrong("", Detail::kWrongType, R"(must be an object: {"operations": [...]})"),
             std::vector<BatchOperation>();
    const json::Json* operations = nullptr;
    for (const json::Member& member : *body.object()) {
      if (member.name == "operations") {
        operations = &member.value;
      } else {
        Unknown(member.name);
      }
    }
    std::vector<BatchOperation> read;
    if (operations == nullptr) {
      Wrong("operations", Detail::kRequired, "must be given");
    } else if (operations->array() == nullptr) {
      Wrong("operations", Detail::kWrongType, "must be an array");
    } else if (operations->array()->empty()) {
      Wrong("operations", Detail::kTooShort, "must have at least one operation");
    } else if (operations->array()->size() > kMostOperations) {
      Wrong("operations", Detail::kTooLong, fmt::format("must have at most {} operations", kMostOperations));
    } else {
      for (const json::Json& one : *operations->array()) {
        place_ = fmt::format("operations[{}]", read.size());
        read.push_back(ReadOne(one, read));
      }
    }
    return read;
  }

  std::optional<call::ApiError> Errors() {
    if (wrong_.empty()) return std::nullopt;
    return call::ApiError{Code::kValidationError, std::string(RowOf(Code::kValidationError).message),
                          std::move(wrong_)};
  }

 private:
  BatchOperation ReadOne(const json::Json& one, const std::vector<BatchOperation>& before) {
    BatchOperation operation;
    if (one.object() == nullptr) return Wrong(place_, Detail::kWrongType, "must be an object"), operation;
    for (const json::Member& member : *one.object()) {
      std::string place = place_ + "." + member.name;
      if (member.name == "id") {
        operation.id = Text(place, member.value);
        if (member.value.string() != nullptr) CheckId(place, operation.id, before);
      } else if (member.name == "method") {
        operation.method = Text(place, member.value);
      } else if (member.name == "path") {
        operation.path = Text(place, member.value);
      } else if (member.name == "body") {
        operation.body = member.value;
      } else if (member.name == "ifMatch") {
        operation.if_match = Text(place, member.value);
      } else {
        Unknown(place);
      }
    }
    for (std::string_view name : {"method", "path"}) {
      if (one.Find(name) == nullptr) Wrong(fmt::format("{}.{}", place_, name), Detail::kRequired, "must be given");
    }
    return operation;
  }

  void CheckId(const std::string& place, const std::string& id, const std::vector<BatchOperation>& before) {
    if (!IsId(id)) {
      return Wrong(place, Detail::kPattern,
                   fmt::format("must be a letter and at most {} letters, digits, '_' and '-'", kMaxId - 1));
    }
    auto same = std::ranges::find(before, id, &BatchOperation::id);
    if (same == before.end()) return;
    Wrong(place, Detail::kUnique, fmt::format("is the id of operations[{}] already", same - before.begin()));
  }

  std::string Text(const std::string& place, const json::Json& value) {
    if (value.string() != nullptr) return *value.string();
    Wrong(place, Detail::kWrongType, "must be a string");
    return "";
  }

  void Unknown(std::string place) { Wrong(std::move(place), Detail::kUnknownField, "is not known"); }
  void Wrong(std::string place, Detail code, std::string message) {
    if (wrong_.size() < kMostMistakes) wrong_.push_back({std::move(place), code, std::move(message)});
  }

  std::string place_;
  std::vector<call::ErrorDetail> wrong_;
};

// Nothing that is sent along is ignored.
call::Answer<bool> ReadDryRun(const http::Request& request) {
  auto wrong = [](std::string message) { return call::Refuse(Code::kInvalidQuery, std::move(message)); };
  if (!request.bad_query.empty()) return wrong("the query is not percent-encoded UTF-8");
  std::optional<bool> dry_run;
  for (const auto& [name, value] : request.query) {
    if (name != "dryRun") {
      std::string near = Near(name, std::vector<std::string>{"dryRun"});
      return wrong(fmt::format("'{}' is not a parameter of this operation{}", name,
                               near.empty() ? "" : " (did you mean 'dryRun'?)"));
    }
    if (dry_run) return wrong("'dryRun' is given twice");
    if (value != "true" && value != "false") return wrong("'dryRun' must be true or false");
    dry_run = value == "true";
  }
  for (std::string_view name : {"If-Match", "If-None-Match"}) {
    if (request.Find(name)) return wrong(fmt::format("'{}' is not for a batch; 'ifMatch' is, of an operation", name));
  }
  return dry_run.value_or(false);
}

}  // namespace

call::Answer<BatchForm> ReadBatchForm(const http::Request& request) {
  if (!Negotiate(request.FindList("Accept").value_or("")).json) {
    return call::Refuse(Code::kNotAcceptable, fmt::format("a batch is answered as {} alone", kJson));
  }
  BatchForm form;
  TRY(dry_run, ReadDryRun(request));
  form.dry_run = dry_run;
  TRY(once, ReadOnce(request));
  form.once = std::move(once);
  if (auto type = request.Find("Content-Type"); !type || MediaType(*type) != kJson) {
    return call::Refuse(Code::kUnsupportedMediaType, fmt::format("the body must be {}", kJson));
  }
  TRY(body, ReadJson(request, kMaxDepth));
  FormReader reader;
  form.operations = reader.Read(body);
  if (auto errors = reader.Errors()) return std::unexpected(std::move(*errors));
  return form;
}

}  // namespace ashlar::surface::rest
