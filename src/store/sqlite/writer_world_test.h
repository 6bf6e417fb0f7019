// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <mutex>

#include "plan/planner.h"
#include "store/sqlite/writer.h"

namespace ashlar::store::sqlite {

// Holds every thread but its maker's that asks for the time, until it is opened.
class Gate final : public Clock {
 public:
  int64_t NowMicros() const override { return 1; }
  int64_t SteadyMicros() const override;
  void Shut();
  void AwaitHeld();
  void Open();

 private:
  const std::thread::id maker_ = std::this_thread::get_id();
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable bool held_ = false;
  bool shut_ = false;
};

class Notes final : public Observer {
 public:
  void Observe(const Observation& observation) override;
  std::vector<std::string> events() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> events_;
};

// A unit on its way through the writer.
struct Sent {
  explicit Sent(const Clock& clock, Observer& observer)
      : context{.request_id = "t", .clock = clock, .observer = observer} {}
  Context context;
  Unit unit;
  std::promise<Result<Outcomes>> promise;
  uint64_t commits_when_answered = 0;
  Result<Outcomes> Wait() { return promise.get_future().get(); }
};

// Gives the plans of some units; holds the writer at the first until it is let go.
struct Held final : Feed {
  void Start() override { next = 0; }
  Result<std::optional<plan::Plan>> Next() override {
    if (next == 0) {
      begun.set_value();
      go.get_future().wait();
    }
    if (next < plans.size()) return std::move(plans[next++]);
    return std::nullopt;
  }
  void Answered(call::Answer<call::Outcome> answer) override { well = well && answer.has_value(); }
  bool AllWell() const override { return well; }
  std::vector<plan::Plan> plans;
  size_t next = 0;
  bool well = true;
  std::promise<void> begun, go;
};

// Makes the same creations each time that it is asked from the start.
struct Again final : Feed {
  void Start() override {
    ++starts;
    next = 0;
    well = true;
  }
  Result<std::optional<plan::Plan>> Next() override {
    if (next == bodies.size() || !well) return std::nullopt;
    return make(bodies[next++]);
  }
  void Answered(call::Answer<call::Outcome> answer) override { well = well && answer.has_value(); }
  bool AllWell() const override { return well; }
  std::function<plan::Plan(const std::string&)> make;
  std::vector<std::string> bodies;
  size_t next = 0;
  int starts = 0;
  bool well = true;
};

// A store in a folder of its own, a writer over it once it is begun, and units that are sent to it.
class WriterWorld {
 public:
  WriterWorld();
  ~WriterWorld();
  void Begin() { writer_ = std::make_unique<Writer>(std::move(connection_), *service_, notes_); }

  std::unique_ptr<Sent> Make(const std::string& id, const std::string& name, size_t text = 0);
  bool Submit(Sent& sent);
  // Makes these one group: they queue up behind a unit that is held meanwhile. False if one was not taken.
  bool SendTogether(std::vector<std::unique_ptr<Sent>>& all);
  std::string Names() { return NamesIn(path_); }
  // What a start finds if the process ends now.
  std::string NamesAfterAKill();

 protected:
  static std::string NamesIn(const std::string& path);

  std::shared_ptr<const model::Service> service_;
  plan::Planner planner_;
  const call::Caller caller_{.kind = call::Caller::Kind::kOperator, .principal = {}, .id = "operator"};
  std::deque<call::Call> calls_;  // which plans refer to
  Gate clock_;
  Notes notes_;
  std::filesystem::path folder_;
  std::string path_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace ashlar::store::sqlite
