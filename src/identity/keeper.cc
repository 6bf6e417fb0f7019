// SPDX-License-Identifier: Apache-2.0
#include "identity/keeper.h"

#include "base/await.h"
#include "identity/row.h"
#include "types/datetime.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using model::OperationKind;

class Calls final : public engine::CallSequence {
 public:
  explicit Calls(std::vector<call::Call> calls) : calls_(std::move(calls)) {}
  void Start() override { next_ = 0; }
  call::Answer<const call::Call*> Next() override { return next_ == calls_.size() ? nullptr : &calls_[next_++]; }
  void Answered(const call::Outcome&) override {}
  bool writes() const override { return true; }
  bool reads() const override { return false; }

 private:
  std::vector<call::Call> calls_;
  size_t next_ = 0;
};

void Require(int64_t version, call::Call& call) {
  if (version <= 0) return;
  call.preconditions.if_match = true;
  call.preconditions.if_match_versions = {version};
}

// The same behind a look at a User, who must not be disabled.
class GuardedCalls final : public engine::CallSequence {
 public:
  GuardedCalls(const model::Resource& user, call::Call look, std::vector<call::Call> calls)
      : user_(user), look_(std::move(look)), calls_(std::move(calls)) {}
  void Start() override {
    looked_ = shut_ = begun_ = false;
    calls_.Start();
  }
  call::Answer<const call::Call*> Next() override {
    if (!std::exchange(looked_, true)) return &look_;
    if (shut_) return call::Refuse(call::Code::kNotFound, "there is no such row");
    begun_ = true;
    return calls_.Next();
  }
  void Answered(const call::Outcome& outcome) override {
    if (!begun_) shut_ = outcome.rows.rows.empty() || FlagIn(user_, outcome.rows, "disabled");
  }
  bool writes() const override { return true; }
  bool reads() const override { return true; }

 private:
  const model::Resource& user_;
  const call::Call look_;
  Calls calls_;
  bool looked_ = false, shut_ = false, begun_ = false;
};

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

Task<engine::SequenceAnswer> Keeper::DoAll(Context& context, std::vector<call::Call> calls) {
  Calls all(std::move(calls));
  auto running = engine_.Run(context, as_, all, {});
  auto answer = co_await Await(std::move(running));
  co_return answer;
}

Task<engine::SequenceAnswer> Keeper::DoAllWhileEnabled(Context& context, std::string id,
                                                       std::vector<call::Call> calls) {
  call::Call look = For(user(), OperationKind::kGet);
  look.id = std::move(id);
  look.selection.fields = {"disabled"};
  GuardedCalls all(user(), std::move(look), std::move(calls));
  auto running = engine_.Run(context, as_, all, {});
  auto answer = co_await Await(std::move(running));
  co_return answer;
}

Task<engine::SequenceAnswer> Keeper::DoAllFor(Context& context, std::string user, std::vector<call::Call> calls,
                                              bool dry_run) {
  call::Caller as = as_;
  if (auto id = types::ParseUuid(user)) {
    as.id = std::move(user);
    as.principal.id = *id;
  }
  Calls all(std::move(calls));
  auto running = engine_.Run(context, as, all, {.dry_run = dry_run, .once = nullptr});
  auto answer = co_await Await(std::move(running));
  co_return answer;
}

}  // namespace ashlar::identity
