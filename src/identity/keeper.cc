// SPDX-License-Identifier: Apache-2.0
#include "identity/keeper.h"

#include "base/await.h"
#include "types/datetime.h"

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
  if (version > 0) {
    call.preconditions.if_match = true;
    call.preconditions.if_match_versions = {version};
  }
  return call;
}

call::Call Keeper::Putting(const model::Resource& resource, const std::string& id, Body body) const {
  call::Call call = For(resource, OperationKind::kReplace);
  call.id = id;
  call.body = ToJson(std::move(body));
  return call;
}

call::Call Keeper::Removing(const model::Resource& resource, const std::string& id) const {
  call::Call call = For(resource, OperationKind::kDelete);
  call.id = id;
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

Task<call::Answer<call::Outcome>> Keeper::Show(Context& context, std::string id) {
  call::Call call = For(user(), OperationKind::kGet);
  call.id = std::move(id);
  call.selection.fields = {"id", "email", "emailVerified", "roles", "createdAt"};
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

}  // namespace ashlar::identity
