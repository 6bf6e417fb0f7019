// SPDX-License-Identifier: Apache-2.0
#include "app/access/becoming.h"

#include "model/row_id.h"

namespace ashlar::app {
namespace {

// The service with the doors of one resource open. Rows that it refers to keep theirs.
model::Service Opened(const model::Service& service, model::ResourceId which) {
  model::Service opened = service;
  model::Resource& resource = opened.resources[which.index()];
  model::Access& access = resource.access;
  for (cel::ExprPtr* rule : {&access.get, &access.create, &access.update_before, &access.update_after}) {
    *rule = cel::True();
  }
  for (model::Field& field : resource.fields) {
    field.write = nullptr;
    if (!field.write_only) field.read = nullptr;
  }
  return opened;
}

// The write, then the look at what it left.
class WriteAndLook final : public store::Feed {
 public:
  WriteAndLook(const plan::Planner& opened, const plan::Planner& planner, Context& context, const call::Caller& caller,
               const call::Call& write, const std::vector<cel::ExprPtr>& expressions)
      : opened_(opened),
        planner_(planner),
        context_(context),
        caller_(caller),
        write_(write),
        expressions_(expressions) {}

  void Start() override {
    step_ = 0;
    answer_ = call::Refuse(call::Code::kInternal, "nothing was done");
  }

  Result<std::optional<plan::Plan>> Next() override {
    if (step_ == 0) {
      auto plan = opened_.MakePlan(write_, caller_, context_);
      if (plan) return std::move(*plan);
      answer_ = std::unexpected(std::move(plan).error());
      return std::nullopt;
    }
    if (step_ > 1 || !answer_) return std::nullopt;
    const model::Service& service = planner_.service();
    const model::ResourceId which = service.operation(write_.operation).resource;
    auto key = model::ParseId(service, service.resource(which), answer_->id);
    if (!key) return std::nullopt;
    return planner_.MakeInspection(which, std::move(*key), expressions_);
  }

  void Answered(call::Answer<call::Outcome> answer) override {
    ++step_;
    answer_ = std::move(answer);
  }

  bool AllWell() const override { return answer_.has_value(); }
  call::Answer<call::Outcome> Take() { return std::move(answer_); }
  bool looked() const { return step_ > 1; }

 private:
  const plan::Planner& opened_;
  const plan::Planner& planner_;
  Context& context_;
  const call::Caller& caller_;
  const call::Call& write_;
  const std::vector<cel::ExprPtr>& expressions_;
  int step_ = 0;
  call::Answer<call::Outcome> answer_;
};

}  // namespace

call::Answer<call::Outcome> Become(const model::Service& service, const plan::Planner& planner, store::Store& store,
                                   Context& context, const call::Caller& caller, const call::Call& write,
                                   const std::vector<cel::ExprPtr>& expressions) {
  const model::Service opened = Opened(service, service.operation(write.operation).resource);
  const plan::Planner opened_planner(opened, plan::Planner::CursorKey{});
  WriteAndLook feed(opened_planner, planner, context, caller, write, expressions);
  feed.Start();
  store::Unit unit;
  unit.feed = &feed;
  unit.discard = true;
  auto ran = store.RunAndWait(context, unit);
  if (!ran) return call::Refuse(call::Code::kUnavailable, ran.error().message);
  auto answer = feed.Take();
  if (answer && !feed.looked()) return call::Refuse(call::Code::kInternal, "the row was not found again");
  return answer;
}

}  // namespace ashlar::app
