// SPDX-License-Identifier: Apache-2.0
#include "identity/keeper.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "base/await.h"
#include "identity/row.h"
#include "types/datetime.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using model::OperationKind;

// The looks that come before, the calls, the looks that come behind, and what those bring.
class Calls final : public engine::CallSequence {
 public:
  Calls(std::vector<Keeper::Look> before, std::vector<call::Call> calls, std::vector<Keeper::Look> behind)
      : before_(std::move(before)), calls_(std::move(calls)), behind_(std::move(behind)) {}
  void Start() override {
    before_done_ = calls_done_ = behind_done_ = more_done_ = 0;
    more_.clear();
    refusal_.reset();
  }
  call::Answer<const call::Call*> Next() override {
    if (refusal_) return std::unexpected(*refusal_);
    judge_ = nullptr;
    if (before_done_ < before_.size()) return LookAt(before_[before_done_++]);
    if (calls_done_ < calls_.size()) return &calls_[calls_done_++];
    if (behind_done_ < behind_.size()) return LookAt(behind_[behind_done_++]);
    return more_done_ < more_.size() ? &more_[more_done_++] : nullptr;
  }
  void Answered(const call::Outcome& outcome) override {
    if (judge_ == nullptr) return;
    auto judged = (*judge_)(outcome);
    if (!judged) refusal_ = std::move(judged.error());
    if (judged) std::ranges::move(*judged, std::back_inserter(more_));
  }
  bool writes() const override { return true; }
  bool reads() const override { return !before_.empty() || !behind_.empty(); }

 private:
  const call::Call* LookAt(const Keeper::Look& look) {
    judge_ = &look.judge;
    return &look.call;
  }

  const std::vector<Keeper::Look> before_;
  const std::vector<call::Call> calls_;
  const std::vector<Keeper::Look> behind_;
  std::vector<call::Call> more_;
  size_t before_done_ = 0, calls_done_ = 0, behind_done_ = 0, more_done_ = 0;
  const Keeper::Judge* judge_ = nullptr;  // of what was looked at last
  std::optional<call::ApiError> refusal_;
};

std::unexpected<call::ApiError> NoRow() { return call::Refuse(call::Code::kNotFound, "there is no such row"); }

void TellAll(const Context& context, const std::vector<Event>& events) {
  for (const Event& event : events) Tell(context, event);
}

void Require(int64_t version, call::Call& call) {
  if (version <= 0) return;
  call.preconditions.if_match = true;
  call.preconditions.if_match_versions = {version};
}

}  // namespace

json::Json ToJson(Keeper::Body body) {
  json::Object object;
  for (auto& [name, value] : body) object.push_back({std::string(name), std::move(value)});
  return json::Json(std::move(object));
}

json::Json TimeJson(int64_t micros) { return json::Json(types::FormatTimestamp(types::Timestamp{micros})); }

json::Json NumberJson(int64_t number) { return json::Json(json::Number{std::to_string(number)}); }

Keeper::Keeper(engine::Engine& engine) : engine_(engine) {
  as_.kind = call::Caller::Kind::kOperator;
  as_.id = "operator";
}

call::Call Keeper::For(const model::Resource& resource, OperationKind kind) const {
  call::Call call;
  call.operation = service().FindOperation(resource.id, kind);
  return call;
}

call::Call Keeper::Making(const model::Resource& resource, json::Json body) const {
  call::Call call = For(resource, OperationKind::kCreate);
  call.body = std::move(body);
  return call;
}

call::Call Keeper::Changing(const model::Resource& resource, const std::string& id, Body body, int64_t version) const {
  call::Call call = For(resource, OperationKind::kUpdate);
  call.id = id;
  call.body = ToJson(std::move(body));
  Require(version, call);
  return call;
}

call::Call Keeper::Putting(const model::Resource& resource, const std::string& id, Body body) const {
  call::Call call = For(resource, OperationKind::kReplace);
  call.id = id;
  call.body = ToJson(std::move(body));
  return call;
}

call::Call Keeper::Removing(const model::Resource& resource, const std::string& id, int64_t version) const {
  call::Call call = For(resource, OperationKind::kDelete);
  call.id = id;
  Require(version, call);
  return call;
}

call::Call Keeper::Finding(const model::Resource& resource, std::string_view field, const std::string& value) const {
  call::Call call = For(resource, OperationKind::kList);
  call.where.push_back({std::string(field), {std::string(field)}, call::Operator::kEq, {value}});
  call.sort.push_back({"id", false});
  call.paging.per_page = resource.page_max;
  call.paging.total = false;
  return call;
}

call::Call Keeper::Listing(const model::Resource& resource, std::string_view field, int64_t rows) const {
  call::Call call = For(resource, OperationKind::kList);
  call.sort.push_back({std::string(field), false});
  call.paging.per_page = rows;
  return call;
}

Keeper::Look Keeper::LookingAt(const model::Resource& resource, const std::string& id, Judge judge) const {
  Look look{For(resource, OperationKind::kGet), std::move(judge)};
  look.call.id = id;
  return look;
}

Task<call::Answer<call::Outcome>> Keeper::Get(Context& context, const model::Resource& resource, std::string id) {
  call::Call call = For(resource, OperationKind::kGet);
  call.id = std::move(id);
  auto running = engine_.Run(context, as_, call);
  auto answer = co_await Await(std::move(running));
  co_return answer;
}

Task<call::Answer<call::Outcome>> Keeper::Show(Context& context, std::string id, std::vector<std::string> fields) {
  call::Call call = For(user(), OperationKind::kGet);
  call.id = std::move(id);
  call.selection.fields = std::move(fields);
  auto running = engine_.Run(context, as_, call);
  auto answer = co_await Await(std::move(running));
  co_return answer;
}

Task<call::Answer<call::Outcome>> Keeper::Do(Context& context, call::Call call) {
  auto running = engine_.Run(context, as_, call);
  auto answer = co_await Await(std::move(running));
  co_return answer;
}

std::vector<call::Call> Keeper::WithEvents(const Context& context, std::vector<call::Call> calls,
                                           const std::vector<Event>& events) {
  for (const Event& event : events) {
    int64_t dropped = 0;
    if (budget_.Take(event.kind, context.clock.SteadyMicros(), dropped)) {
      calls.push_back(EventCall(service(), context, event, dropped));
    }
  }
  return calls;
}

Task<engine::SequenceAnswer> Keeper::DoAll(Context& context, std::vector<call::Call> calls, std::vector<Event> events,
                                           std::vector<Look> looks) {
  Calls all({}, WithEvents(context, std::move(calls), events), std::move(looks));
  auto running = engine_.Run(context, as_, all, {});
  auto answer = co_await Await(std::move(running));
  if (answer) TellAll(context, events);
  co_return answer;
}

Task<engine::SequenceAnswer> Keeper::DoAllWhileEnabled(Context& context, std::string id, std::vector<call::Call> calls,
                                                       std::vector<Event> events, std::vector<Look> looks) {
  Look enabled = LookingAt(user(), id, [this](const call::Outcome& found) -> Judged {
    if (found.rows.rows.empty() || FlagIn(user(), found.rows, "disabled")) return NoRow();
    return {};
  });
  enabled.call.selection.fields = {"disabled"};
  Calls all({std::move(enabled)}, WithEvents(context, std::move(calls), events), std::move(looks));
  auto running = engine_.Run(context, as_, all, {});
  auto answer = co_await Await(std::move(running));
  if (answer) TellAll(context, events);
  co_return answer;
}

Task<engine::SequenceAnswer> Keeper::DoAllFor(Context& context, std::string user, std::vector<call::Call> calls,
                                              std::vector<Event> events, bool dry_run) {
  call::Caller as = as_;
  if (auto id = types::ParseUuid(user)) {
    as.id = std::move(user);
    as.principal.id = *id;
  }
  Calls all({}, WithEvents(context, std::move(calls), events), {});
  auto running = engine_.Run(context, as, all, {.dry_run = dry_run, .once = nullptr});
  auto answer = co_await Await(std::move(running));
  if (answer) TellAll(context, events);
  co_return answer;
}

Task<void> Keeper::Tell(Context& context, Event event) {
  int64_t dropped = 0;
  if (budget_.Take(event.kind, context.clock.SteadyMicros(), dropped)) {
    call::Call call = EventCall(service(), context, event, dropped);
    (void)co_await Do(context, std::move(call));
  }
  identity::Tell(context, event);
}

}  // namespace ashlar::identity
