// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include <algorithm>

#include "app/operator/channel.h"
#include "app/operator/request.h"
#include "base/utf8.h"
#include "engine/engine.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

constexpr int kRetryMillis = 50;
constexpr int kPatienceMillis = 3000;
constexpr int64_t kOneCallMicros = 30'000'000;  // a load may hold the store

// Notes of a command that opens the store by itself go to standard error.
class Printer final : public Observer {
 public:
  void Observe(const Observation& observation) override {
    if (const auto* defect = std::get_if<Defect>(&observation)) fmt::print(stderr, "ashlar: {}\n", defect->what);
    if (const auto* note = std::get_if<Note>(&observation)) fmt::print(stderr, "ashlar: {}\n", note->message);
  }
};

}  // namespace

OperatorAnswer Execute(const Runtime& runtime, const OperatorRequest& request, Observer& observer,
                       const ReportProgress& report) {
  std::string command = TextOf(request.body, "command");
  if (TextOf(request.body, "service") != runtime.service->name) {
    return {2, "", fmt::format("the store is served for '{}'\n", runtime.service->name)};
  }
  if (command == "load") return ExecuteLoad(runtime, request, observer, report);
  if (command == "token") return ExecuteToken(runtime, request.body, observer);
  if (command == "key" && TextOf(request.body, "what") == "rotate") return ExecuteKeyRotate(runtime, request.body);
  if (command == "user") return ExecuteUser(runtime, request.body, observer);
  if (command == "explain") return ExecuteExplain(runtime, request.body, observer);
  if (command == "key") return ExecuteKey(runtime, request.body, observer);
  if (command == "client") return ExecuteClient(runtime, request.body, observer);
  if (command == "events") return ExecuteEvents(runtime, request.body, observer);
  return {2, "", fmt::format("'{}' is not supported by the server\n", command)};
}

OperatorAnswer RunAsOperator(const std::string& contract, const StorePlace& place, const OperatorRequest& request,
                             const ReportProgress& report) {
  Printer printer;
  std::shared_ptr<const model::Service> service;
  for (int waited = 0;; waited += kRetryMillis) {
    auto answer = AskServer(place.path, request, report);
    if (answer) return std::move(*answer);
    if (answer.error().kind != ErrorKind::kNotFound) return {1, "", answer.error().message + "\n"};
    if (service == nullptr) {  // whoever opens the store needs all of the contract
      auto whole = ReadContract(contract, false);
      if (!whole) return {2, "", whole.error().message + "\n"};
      service = std::move(*whole);
    }
    auto runtime = OpenRuntime(service, place, printer);
    if (runtime) {
      OperatorAnswer done = Execute(*runtime, request, printer, report);
      runtime->store->Close();
      return done;
    }
    // A server that begins or ends, or another command, has the store but does not answer.
    bool passing = runtime.error().kind == ErrorKind::kConflict && waited < kPatienceMillis;
    if (!passing) {
      int status = runtime.error().kind == ErrorKind::kInvalid ? 2 : 1;
      return {status, "", runtime.error().message + "\n"};
    }
    poll(nullptr, 0, kRetryMillis);
  }
}

void FoldEmail(json::Json& user) {
  auto* members = std::get_if<json::Object>(&user.value);
  if (members == nullptr) return;
  for (json::Member& member : *members) {
    auto* email = member.name == "email" ? std::get_if<std::string>(&member.value.value) : nullptr;
    if (email != nullptr) *email = FoldCase(*email);
  }
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

std::string UnknownRole(const model::Service& service, const std::string& role) {
  if (service.FindRole(role) != nullptr) return "";
  std::vector<std::string> names;
  for (const model::Role& known : service.roles) names.push_back(known.name);
  std::string all = names.empty() ? "it declares none" : fmt::format("it has: {}", fmt::join(names, ", "));
  return fmt::format("the contract has no role '{}'; {}", role, all);
}

namespace {

std::vector<call::Answer<call::Outcome>> RunCalls(const Runtime& runtime, std::vector<call::Call> calls,
                                                  Observer& observer, std::vector<identity::Event> events = {}) {
  const Clock& clock = SystemClock();
  Deadline deadline = Deadline::After(clock, kOneCallMicros);
  Context context{types::FormatUuid(types::NewUuidV7(clock.NowMicros())), deadline, clock, observer};
  call::Caller caller;
  caller.kind = call::Caller::Kind::kOperator;
  caller.id = "operator";
  for (identity::Event& event : events) {
    event.by_operator = true;
    calls.push_back(identity::EventCall(*runtime.service, context, event));
  }
  auto answers = engine::RunAll(*runtime.planner, *runtime.store, context, caller, calls);
  if (std::ranges::all_of(answers, [](const auto& answer) { return answer.has_value(); })) {
    for (const identity::Event& event : events) identity::Tell(context, event);
  }
  return answers;
}

}  // namespace

call::Answer<call::Outcome> RunOne(const Runtime& runtime, const call::Call& call, Observer& observer) {
  return std::move(RunCalls(runtime, {call}, observer).front());
}

std::optional<call::ApiError> RunTogether(const Runtime& runtime, std::vector<call::Call> calls, Observer& observer,
                                          std::vector<identity::Event> events) {
  for (auto& answer : RunCalls(runtime, std::move(calls), observer, std::move(events))) {
    if (!answer) return std::move(answer.error());
  }
  return std::nullopt;
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
