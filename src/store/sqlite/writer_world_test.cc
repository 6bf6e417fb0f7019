// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/writer_world_test.h"

#include <cstdlib>

#include "contract/contract.h"
#include "store/sql/schema.h"

namespace ashlar::store::sqlite {
namespace {

constexpr const char* kContract = R"(
service: writing
resources:
  Thing:
    id: string
    fields:
      name: { type: string!, unique: true }
      text: text
    access: { read: public, write: public }
)";

std::shared_ptr<const model::Service> Compiled() {
  std::vector<contract::Source> sources{{"test.yaml", kContract}};
  return contract::Compile(sources, {}).value();
}

}  // namespace

int64_t Gate::SteadyMicros() const {
  std::unique_lock lock(mutex_);
  if (std::this_thread::get_id() == maker_) return 1;
  held_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !shut_; });
  return 1;
}

void Gate::Shut() {
  std::lock_guard lock(mutex_);
  shut_ = true;
  held_ = false;
}

void Gate::AwaitHeld() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return held_; });
}

void Gate::Open() {
  std::lock_guard lock(mutex_);
  shut_ = false;
  changed_.notify_all();
}

void Notes::Observe(const Observation& observation) {
  std::lock_guard lock(mutex_);
  if (const auto* note = std::get_if<Note>(&observation)) events_.push_back(note->event);
}

std::vector<std::string> Notes::events() const {
  std::lock_guard lock(mutex_);
  return events_;
}

WriterWorld::WriterWorld() : service_(Compiled()), planner_(*service_, {}) {
  std::string pattern = std::filesystem::temp_directory_path() / "ashlar_writer_XXXXXX";
  folder_ = mkdtemp(pattern.data());
  path_ = folder_ / "store.db";
  connection_ = Connection::Open(path_, Connection::Role::kWriter).value();
  for (const std::string& statement : sql::CreateAll(*service_, sql::Sqlite())) connection_->Execute(statement).value();
}

WriterWorld::~WriterWorld() {
  writer_.reset();
  std::filesystem::remove_all(folder_);
}

std::unique_ptr<Sent> WriterWorld::Make(const std::string& id, const std::string& name, size_t text) {
  auto sent = std::make_unique<Sent>(clock_, notes_);
  call::Call& call = calls_.emplace_back();
  call.operation = service_->FindOperation(service_->FindResource("Thing"), model::OperationKind::kCreate);
  call.body = json::Json(
      json::Object{{"id", json::Json(id)}, {"name", json::Json(name)}, {"text", json::Json(std::string(text, 'x'))}});
  sent->unit.plans.push_back(planner_.MakePlan(call, caller_, sent->context).value());
  return sent;
}

bool WriterWorld::Submit(Sent& sent) {
  Job job{&sent.context, &sent.unit, [this, &sent](Result<Outcomes> outcomes) {
            sent.commits_when_answered = writer_->commits();
            sent.promise.set_value(std::move(outcomes));
          }};
  return writer_->Submit(job);
}

bool WriterWorld::SendTogether(std::vector<std::unique_ptr<Sent>>& all) {
  auto first = Make("first", "first");
  clock_.Shut();
  bool taken = Submit(*first);
  clock_.AwaitHeld();
  for (auto& one : all) taken = Submit(*one) && taken;
  clock_.Open();
  return first->Wait() && taken;
}

std::string WriterWorld::NamesAfterAKill() {
  const std::string left = folder_ / "left.db";
  for (const char* ending : {"", "-wal"}) std::filesystem::copy_file(path_ + ending, left + ending);
  return NamesIn(left);
}

std::string WriterWorld::NamesIn(const std::string& path) {
  auto reader = Connection::Open(path, Connection::Role::kReader);
  if (!reader) return reader.error().message;
  auto names = (*reader)->QueryText("SELECT group_concat(name, ' ') FROM (SELECT name FROM things ORDER BY name)");
  return names ? names->value_or("") : names.error().message;
}

}  // namespace ashlar::store::sqlite
