// SPDX-License-Identifier: Apache-2.0
#include "app/operator/channel.h"
#include "app/operator/request.h"
#include "engine/engine.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

// Notes of a command that opens the store by itself go to standard error.
class Printer final : public Observer {
 public:
  void Observe(const Observation& observation) override {
    if (const auto* defect = std::get_if<Defect>(&observation)) fmt::print(stderr, "ashlar: {}\n", defect->what);
    if (const auto* note = std::get_if<Note>(&observation)) fmt::print(stderr, "ashlar: {}\n", note->message);
  }
};

}  // namespace

OperatorAnswer Execute(const Runtime& runtime, const OperatorRequest& request, Observer& observer) {
  std::string command = TextOf(request, "command");
  if (TextOf(request, "service") != runtime.service->name) {
    return {2, "", fmt::format("the store is served for '{}'\n", runtime.service->name)};
  }
  if (command == "load") return ExecuteLoad(runtime, request, observer);
  if (command == "token") return ExecuteToken(runtime, request, observer);
  if (command == "user") return ExecuteUser(runtime, request, observer);
  return {2, "", fmt::format("'{}' is not supported by the server\n", command)};
}

OperatorAnswer RunAsOperator(std::shared_ptr<const model::Service> service, const std::string& path,
                             const OperatorRequest& request) {
  // A server may begin or end between the two tries: one more round settles it.
  Printer printer;
  std::string trouble;
  for (int round = 0; round < 3; ++round) {
    auto answer = AskServer(path, request);
    if (answer) return std::move(*answer);
    if (answer.error().kind != ErrorKind::kNotFound) return {1, "", answer.error().message + "\n"};
    auto runtime = OpenRuntime(service, path, printer);
    if (runtime) {
      OperatorAnswer done = Execute(*runtime, request, printer);
      runtime->store->Close();
      return done;
    }
    trouble = runtime.error().message + "\n";
    if (runtime.error().kind == ErrorKind::kInvalid) return {2, "", trouble};
    if (runtime.error().kind != ErrorKind::kConflict) return {1, "", trouble};
  }
  return {1, "", trouble};
}

std::string TextOf(const json::Json& object, std::string_view name) {
  const json::Json* member = object.Find(name);
  return member == nullptr || member->string() == nullptr ? "" : *member->string();
}

std::vector<std::string> TextsOf(const json::Json& object, std::string_view name) {
  std::vector<std::string> texts;
  const json::Json* member = object.Find(name);
  if (member == nullptr || member->array() == nullptr) return texts;
  for (const json::Json& item : *member->array()) {
    if (item.string() != nullptr) texts.push_back(*item.string());
  }
  return texts;
}

json::Json MakeObject(std::vector<std::pair<std::string, json::Json>> members) {
  json::Object object;
  for (auto& [name, value] : members) object.push_back({std::move(name), std::move(value)});
  return json::Json(std::move(object));
}

json::Json MakeTexts(const std::vector<std::string>& texts) {
  json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return json::Json(std::move(array));
}

call::Answer<call::Outcome> RunOne(const Runtime& runtime, const call::Call& call, Observer& observer) {
  const Clock& clock = SystemClock();
  Context context{types::FormatUuid(types::NewUuidV7(clock.NowMicros())), {}, clock, observer};
  call::Caller caller;
  caller.kind = call::Caller::Kind::kOperator;
  caller.id = "operator";
  auto answers = engine::RunAll(*runtime.planner, *runtime.store, context, caller, {call});
  return std::move(answers.front());
}

std::vector<std::string> Explain(const call::ApiError& error) {
  std::vector<std::string> lines;
  for (const call::ErrorDetail& detail : error.details) {
    lines.push_back(fmt::format("{}{}{} {}", detail.field, detail.field.empty() ? "" : ": ", types::NameOf(detail.code),
                                detail.message));
  }
  if (lines.empty()) lines.push_back(fmt::format("{} {}", RowOf(error.code).name, error.message));
  return lines;
}

}  // namespace ashlar::app
