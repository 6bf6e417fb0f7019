// SPDX-License-Identifier: Apache-2.0
#include "identity/event_sweep.h"

#include "engine/engine.h"
#include "identity/row.h"

namespace ashlar::identity {
namespace {

constexpr std::chrono::minutes kBetween{10};
constexpr int64_t kPatienceMicros = 10'000'000;  // of one unit, while others write

}  // namespace

Result<void> SweepEvents(const plan::Planner& planner, store::Store& store, Context& context, const EventsKept& kept,
                         const std::stop_token& stop) {
  const model::Service& service = planner.service();
  const model::Resource& resource = service.resource(service.event);
  call::Caller as;
  as.kind = call::Caller::Kind::kOperator;
  as.id = "operator";
  call::Call list;
  list.operation = service.FindOperation(resource.id, model::OperationKind::kList);
  list.sort.push_back({"id", false});  // which begins with the time
  list.paging.per_page = resource.page_max;
  int64_t surplus = -1;  // not counted yet
  while (!stop.stop_requested()) {
    context.deadline = Deadline::After(context.clock, kPatienceMicros);
    list.paging.total = surplus < 0;
    auto found = std::move(engine::RunAll(planner, store, context, as, {list}).front());
    if (!found) return Fail(ErrorKind::kUnavailable, found.error().message);
    if (surplus < 0) surplus = std::max<int64_t>(found->page->total.value_or(0) - kept.most, 0);
    const int64_t oldest = context.clock.NowMicros() - kept.micros;
    std::vector<call::Call> removals;
    const size_t rows = found->rows.rows.size();
    for (size_t row = 0; row < rows; ++row) {
      const bool goes = std::cmp_less(row, surplus) || MicrosIn(resource, found->rows, "createdAt", row) < oldest;
      if (!goes) break;
      call::Call& remove = removals.emplace_back();
      remove.operation = service.FindOperation(resource.id, model::OperationKind::kDelete);
      remove.id = IdIn(resource, found->rows, "id", row);
    }
    if (removals.empty()) return {};
    for (const auto& removed : engine::RunAll(planner, store, context, as, removals)) {
      if (!removed) return Fail(ErrorKind::kUnavailable, removed.error().message);
    }
    surplus = std::max<int64_t>(surplus - static_cast<int64_t>(removals.size()), 0);
    if (removals.size() < rows) return {};
  }
  return {};
}

EventSweeper::EventSweeper(const plan::Planner& planner, store::Store& store, const Clock& clock, Observer& observer)
    : thread_([this, &planner, &store, &clock, &observer](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
          Context context{"event-sweep", {}, clock, observer};
          // A store that is busy or broken says so itself, and the next sweep comes.
          (void)SweepEvents(planner, store, context, {}, stop);
          rest_.wait_for(lock, stop, kBetween, [] { return false; });
        }
      }) {}

}  // namespace ashlar::identity
