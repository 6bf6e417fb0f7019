// SPDX-License-Identifier: Apache-2.0
// `load`: every row a creation as the operator, all in one transaction.
#include <condition_variable>
#include <map>
#include <set>
#include <thread>

#include "app/operator/request.h"
#include "app/operator/rows_file.h"
#include "engine/engine.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

constexpr size_t kMostMistakes = 1000;  // that are printed
constexpr int kLookMillis = 100;

// A row's id as its file writes it, for messages.
std::string IdText(const json::Json* value) {
  if (value == nullptr) return "";
  if (value->string() != nullptr) return *value->string();
  return value->number() == nullptr ? "" : value->number()->token;
}

// One text for all spellings of an id (1 and 1.0, a uuid in either case); empty if it is none.
std::string KeyText(const types::Type& type, const json::Json* value) {
  if (value == nullptr || value->is_null()) return "";
  auto parsed = type.Parse(*value);
  if (!parsed) return "";
  std::string text;
  json::Writer out(text);
  type.Format(*parsed, out);
  return text;
}

// Looks from time to time how far a unit is, and tells, for as long as it lives.
class Watch {
 public:
  Watch(const std::atomic<size_t>& done, size_t total, const ReportProgress& report)
      : thread_([&done, total, &report, this] {
          std::unique_lock lock(mutex_);
          while (!end_.wait_for(lock, std::chrono::milliseconds(kLookMillis), [this] { return ended_; })) {
            report(done.load(), total);
          }
        }) {}
  ~Watch() {
    {
      std::lock_guard lock(mutex_);
      ended_ = true;
    }
    end_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable end_;
  bool ended_ = false;
  std::thread thread_;  // last: it uses the others
};

class Loader {
 public:
  Loader(const Runtime& runtime, Observer& observer, const ReportProgress& report)
      : runtime_(runtime), service_(*runtime.service), observer_(observer), report_(report) {}

  OperatorAnswer Run(const OperatorRequest& request) {
    const json::Json* files = request.Find("files");
    if (files != nullptr && files->array() != nullptr) {
      for (const json::Json& file : *files->array()) {
        ReadRows(TextOf(file, "path"), TextOf(file, "text"), TextOf(request, "resource"), contents_);
      }
    }
    CheckResources();
    bool readable = MakeCalls();
    // What can be read is tried all the same, so that every mistake is told at once.
    if (readable && Order()) Store(!mistakes_.empty());
    if (!mistakes_.empty()) return Mistakes();
    std::map<std::string, size_t> counts;
    for (const FileRow& row : rows_) ++counts[row.resource];
    std::vector<std::string> parts;
    for (const auto& [name, count] : counts) parts.push_back(fmt::format("{} {}", count, name));
    return {0, fmt::format("loaded {} rows: {}\n", rows_.size(), fmt::join(parts, ", ")), ""};
  }

 private:
  using Places = std::map<std::pair<model::ResourceId, std::string>, size_t>;

  void Wrong(const FileRow& row, std::string message) { mistakes_.push_back({row.place, std::move(message)}); }

  bool IsKnown(const std::string& name) const {
    model::ResourceId id = service_.FindResource(name);
    return id.valid() && id != service_.audit;
  }

  void CheckResources() {
    std::vector<std::string> names;
    for (const model::Resource& resource : service_.resources) {
      if (resource.id != service_.audit) names.push_back(resource.name);
    }
    for (const auto& [place, name] : contents_.resources) {
      if (IsKnown(name)) continue;
      mistakes_.push_back(
          {place, fmt::format("there is no resource '{}'; there are: {}", name, fmt::join(names, ", "))});
    }
  }

  // False if some rows are none: the others cannot be judged without them.
  bool MakeCalls() {
    bool sound = true;
    for (const FileRow& row : rows_) {
      calls_.emplace_back();
      if (!IsKnown(row.resource)) {
        sound = false;
        continue;
      }
      model::ResourceId id = service_.FindResource(row.resource);
      if (row.body.object() == nullptr) {
        Wrong(row, fmt::format("{}: a row must be an object", row.resource));
        sound = false;
        continue;
      }
      calls_.back().operation = service_.FindOperation(id, model::OperationKind::kCreate);
      calls_.back().body = row.body;
      if (id == service_.user) FoldEmail(calls_.back().body);
      model::FieldId own = service_.resource(id).FindSystem(model::SystemField::kId);
      if (!own.valid()) continue;  // composite: nothing refers to it
      std::string key = KeyText(*service_.resource(id).field(own).type, row.body.Find("id"));
      if (!key.empty()) places_.try_emplace({id, key}, calls_.size() - 1);
    }
    return sound;
  }

  // Which rows of these files a row refers to.
  std::vector<size_t> References(size_t place) const {
    std::vector<size_t> references;
    const model::Resource& resource = service_.resource(service_.operation(calls_[place].operation).resource);
    for (const model::Relation& relation : resource.relations) {
      if (relation.to_many) continue;
      auto found = ReferredTo(resource, relation, place);
      if (found != places_.end() && found->second != place) references.push_back(found->second);
    }
    return references;
  }

  Places::const_iterator ReferredTo(const model::Resource& resource, const model::Relation& relation,
                                    size_t place) const {
    const model::Field& field = resource.field(relation.local);
    std::string key = KeyText(*field.type, rows_[place].body.Find(field.name));
    return key.empty() ? places_.end() : places_.find({relation.target, key});
  }

  // What is referred to comes first (Kahn); what refers in a circle is told, and false then.
  bool Order() {
    std::vector<std::vector<size_t>> references(rows_.size());
    std::vector<std::vector<size_t>> waiting(rows_.size());
    std::vector<size_t> missing(rows_.size());
    for (size_t place = 0; place < rows_.size(); ++place) {
      references[place] = References(place);
      for (size_t reference : references[place]) waiting[reference].push_back(place);
      missing[place] = references[place].size();
      if (missing[place] == 0) order_.push_back(place);
    }
    for (size_t next = 0; next < order_.size(); ++next) {
      for (size_t place : waiting[order_[next]]) {
        if (--missing[place] == 0) order_.push_back(place);
      }
    }
    if (order_.size() == rows_.size()) return true;
    TellCircles(references, std::move(missing));
    return false;
  }

  // Of the rows that still miss some: those that nothing in a circle waits for are no part of one.
  void TellCircles(const std::vector<std::vector<size_t>>& references, std::vector<size_t> missing) {
    std::vector<size_t> wanted(rows_.size());
    for (size_t place = 0; place < rows_.size(); ++place) {
      for (size_t reference : references[place]) wanted[reference] += missing[place] > 0 ? 1 : 0;
    }
    std::vector<size_t> innocent;
    for (size_t place = 0; place < rows_.size(); ++place) {
      if (missing[place] > 0 && wanted[place] == 0) innocent.push_back(place);
    }
    for (size_t next = 0; next < innocent.size(); ++next) {
      missing[innocent[next]] = 0;
      for (size_t reference : references[innocent[next]]) {
        if (--wanted[reference] == 0 && missing[reference] > 0) innocent.push_back(reference);
      }
    }
    for (size_t place = 0; place < rows_.size(); ++place) {
      if (missing[place] == 0) continue;
      Wrong(rows_[place], fmt::format("{}: refers to other rows in a circle", Name(place)));
    }
  }

  void Store(bool discard) {
    std::vector<call::Call> calls;
    for (size_t place : order_) calls.push_back(std::move(calls_[place]));
    const Clock& clock = SystemClock();
    Context context{types::FormatUuid(types::NewUuidV7(clock.NowMicros())), {}, clock, observer_};
    call::Caller caller;
    caller.kind = call::Caller::Kind::kOperator;
    caller.id = "operator";
    std::atomic<size_t> done = 0;
    context.plans_done = &done;
    auto answers = [&] {
      Watch watch(done, calls.size(), report_);
      return engine::RunAll(*runtime_.planner, *runtime_.store, context, caller, calls, discard);
    }();
    report_(done.load(), calls.size());
    std::set<size_t> failed;
    for (size_t i = 0; i < answers.size(); ++i) {
      if (!answers[i]) failed.insert(order_[i]);
    }
    for (size_t i = 0; i < answers.size(); ++i) {
      if (!answers[i]) Tell(order_[i], i, calls, failed, std::move(answers[i]).error());
    }
  }

  // A reference to a row that is wrong itself is that row's mistake, not this one's.
  void Tell(size_t place, size_t ran, const std::vector<call::Call>& calls, const std::set<size_t>& failed,
            call::ApiError error) {
    const model::Resource& resource = service_.resource(service_.operation(calls[ran].operation).resource);
    size_t before = error.details.size();
    std::erase_if(error.details, [&](const call::ErrorDetail& detail) {
      if (detail.code != types::Detail::kReferenceNotFound) return false;
      model::FieldId field = resource.FindField(detail.field);
      if (!field.valid() || !resource.field(field).relation.valid()) return false;
      auto found = ReferredTo(resource, resource.relation(resource.field(field).relation), place);
      return found != places_.end() && failed.contains(found->second);
    });
    if (before > 0 && error.details.empty()) return;
    for (const std::string& line : Explain(error)) Wrong(rows_[place], fmt::format("{}: {}", Name(place), line));
  }

  // "Team red"
  std::string Name(size_t place) const {
    std::string id = IdText(rows_[place].body.Find("id"));
    return fmt::format("{}{}{}", rows_[place].resource, id.empty() ? "" : " ", id);
  }

  // All of them in the order of the files and their lines, not in that of storing.
  OperatorAnswer Mistakes() {
    OperatorAnswer answer{2, "", ""};
    std::ranges::sort(mistakes_);
    for (size_t i = 0; i < std::min(mistakes_.size(), kMostMistakes); ++i) {
      const FileMistake& mistake = mistakes_[i];
      answer.err +=
          fmt::format("{}:{}: {}\n", contents_.paths[mistake.place.file], mistake.place.line, mistake.message);
    }
    if (mistakes_.size() > kMostMistakes) answer.err += fmt::format("and {} more\n", mistakes_.size() - kMostMistakes);
    answer.err += "nothing was loaded\n";
    return answer;
  }

  const Runtime& runtime_;
  const model::Service& service_;
  Observer& observer_;
  const ReportProgress& report_;
  FileContents contents_;
  std::vector<FileRow>& rows_ = contents_.rows;
  std::vector<FileMistake>& mistakes_ = contents_.mistakes;
  std::vector<call::Call> calls_;  // by row
  Places places_;                  // of the rows that have an id
  std::vector<size_t> order_;
};

}  // namespace

OperatorAnswer ExecuteLoad(const Runtime& runtime, const OperatorRequest& request, Observer& observer,
                           const ReportProgress& report) {
  return Loader(runtime, observer, report).Run(request);
}

}  // namespace ashlar::app
