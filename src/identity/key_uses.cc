// SPDX-License-Identifier: Apache-2.0
#include "identity/key_uses.h"

#include <span>

#include "engine/engine.h"
#include "identity/keeper.h"

namespace ashlar::identity {
namespace {

constexpr std::chrono::seconds kBetweenLooks{1};
constexpr size_t kAtOnce = 64;                 // keys of one transaction
constexpr int64_t kPatienceMicros = 5'000'000;  // of one, while others write

class Writer {
 public:
  Writer(const plan::Planner& planner, store::Store& store, const Clock& clock, Observer& observer)
      : planner_(planner), store_(store), clock_(clock), observer_(observer) {
    as_.kind = call::Caller::Kind::kOperator;
    as_.id = "operator";
  }

  // A key that is gone takes the others of its transaction along: then each is written by itself.
  void Write(std::span<const KeyUse> uses) {
    while (!uses.empty()) {
      auto some = uses.first(std::min(kAtOnce, uses.size()));
      uses = uses.subspan(some.size());
      if (WriteTogether(some) || some.size() == 1) continue;
      for (const KeyUse& use : some) WriteTogether({&use, 1});
    }
  }

 private:
  bool WriteTogether(std::span<const KeyUse> uses) {
    const model::Service& service = planner_.service();
    std::vector<call::Call> calls;
    for (const KeyUse& use : uses) {
      call::Call& call = calls.emplace_back();
      call.operation = service.FindOperation(service.api_key, model::OperationKind::kUpdate);
      call.id = use.key;
      Keeper::Body body;
      body.emplace_back("lastUsedAt", TimeJson(use.at));
      call.body = ToJson(std::move(body));
    }
    Context context{"key-uses", Deadline::After(clock_, kPatienceMicros), clock_, observer_};
    auto answers = engine::RunAll(planner_, store_, context, as_, calls);
    return std::ranges::all_of(answers, [](const auto& answer) { return answer.has_value(); });
  }

  const plan::Planner& planner_;
  store::Store& store_;
  const Clock& clock_;
  Observer& observer_;
  call::Caller as_;
};

}  // namespace

void KeyUses::Note(const std::string& key, int64_t now_micros) {
  std::lock_guard lock(mutex_);
  auto found = entries_.find(key);
  if (found == entries_.end() && entries_.size() >= kMost) return;
  Entry& entry = found == entries_.end() ? entries_[key] : found->second;
  entry.used = std::max(entry.used, now_micros);
}

std::vector<KeyUse> KeyUses::Take(int64_t now_micros, bool all) {
  std::vector<KeyUse> due;
  std::lock_guard lock(mutex_);
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    auto& [key, use] = *entry;
    const bool rested = now_micros - use.taken >= kBetweenMicros;
    if (use.used > use.written && (rested || all)) {
      due.push_back({key, use.used});
      use.written = use.used;
      use.taken = now_micros;
    } else if (rested) {
      entry = entries_.erase(entry);
      continue;
    }
    ++entry;
  }
  return due;
}

KeyUseWriter::KeyUseWriter(KeyUses& uses, const plan::Planner& planner, store::Store& store, const Clock& clock,
                           Observer& observer)
    : thread_([this, &uses, &planner, &store, &clock, &observer](const std::stop_token& stop) {
        Writer writer(planner, store, clock, observer);
        std::unique_lock lock(mutex_);
        while (!stop.stop_requested()) {
          rest_.wait_for(lock, stop, kBetweenLooks, [] { return false; });
          writer.Write(uses.Take(clock.NowMicros(), stop.stop_requested()));
        }
      }) {}

}  // namespace ashlar::identity
