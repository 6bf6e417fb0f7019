// SPDX-License-Identifier: Apache-2.0
// `load`: every row a creation as the operator, all in one transaction.
#include <map>
#include <set>

#include "app/operator/request.h"
#include "app/operator/rows_file.h"
#include "engine/engine.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

constexpr size_t kMostMistakes = 1000;  // that are printed

std::string IdText(const json::Json* value) {
  if (value == nullptr) return "";
  if (value->string() != nullptr) return *value->string();
  return value->number() == nullptr ? "" : value->number()->token;
}

class Loader {
 public:
  Loader(const Runtime& runtime, Observer& observer)
      : runtime_(runtime), service_(*runtime.service), observer_(observer) {}

  OperatorAnswer Run(const OperatorRequest& request) {
    const json::Json* files = request.Find("files");
    if (files != nullptr && files->array() != nullptr) {
      for (const json::Json& file : *files->array()) ReadRows(TextOf(file, "path"), TextOf(file, "text"), contents_);
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
  void Wrong(const FileRow& row, std::string message) { mistakes_.push_back({row.file, row.line, std::move(message)}); }

  bool IsKnown(const std::string& name) const {
    model::ResourceId id = service_.FindResource(name);
    return id.valid() && id != service_.audit;
  }

  void CheckResources() {
    std::vector<std::string> names;
    for (const model::Resource& resource : service_.resources) {
      if (resource.id != service_.audit) names.push_back(resource.name);
    }
    for (const auto& [file, name] : contents_.resources) {
      if (IsKnown(name)) continue;
      mistakes_.push_back(
          {file, 1, fmt::format("there is no resource '{}'; there are: {}", name, fmt::join(names, ", "))});
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
      std::string own = IdText(row.body.Find("id"));
      if (!own.empty()) places_.try_emplace({id, own}, calls_.size() - 1);
    }
    return sound;
  }

  // Which rows of these files a row refers to.
  std::vector<size_t> References(size_t place) const {
    std::vector<size_t> references;
    const model::Resource& resource = service_.resource(service_.operation(calls_[place].operation).resource);
    for (const model::Relation& relation : resource.relations) {
      if (relation.to_many) continue;
      std::string key = IdText(rows_[place].body.Find(resource.field(relation.local).name));
      auto found = key.empty() ? places_.end() : places_.find({relation.target, key});
      if (found != places_.end() && found->second != place) references.push_back(found->second);
    }
    return references;
  }

  // What is referred to comes first (Kahn); what refers in a circle is told, and false then.
  bool Order() {
    std::vector<std::vector<size_t>> waiting(rows_.size());
    std::vector<size_t> missing(rows_.size());
    for (size_t place = 0; place < rows_.size(); ++place) {
      for (size_t reference : References(place)) {
        waiting[reference].push_back(place);
        ++missing[place];
      }
      if (missing[place] == 0) order_.push_back(place);
    }
    for (size_t next = 0; next < order_.size(); ++next) {
      for (size_t place : waiting[order_[next]]) {
        if (--missing[place] == 0) order_.push_back(place);
      }
    }
    if (order_.size() == rows_.size()) return true;
    for (size_t place = 0; place < rows_.size(); ++place) {
      if (missing[place] > 0)
        Wrong(rows_[place], fmt::format("{}: refers to other rows in a circle", rows_[place].resource));
    }
    return false;
  }

  void Store(bool discard) {
    std::vector<call::Call> calls;
    for (size_t place : order_) calls.push_back(std::move(calls_[place]));
    const Clock& clock = SystemClock();
    Context context{types::FormatUuid(types::NewUuidV7(clock.NowMicros())), {}, clock, observer_};
    call::Caller caller;
    caller.kind = call::Caller::Kind::kOperator;
    caller.id = "operator";
    auto answers = engine::RunAll(*runtime_.planner, *runtime_.store, context, caller, calls, discard);
    std::set<size_t> failed;
    for (size_t i = 0; i < answers.size(); ++i) {
      if (!answers[i]) failed.insert(order_[i]);
    }
    for (size_t i = 0; i < answers.size(); ++i) {
      if (!answers[i]) Tell(order_[i], i, calls, failed, std::move(answers[i]).error());
    }
    // Sorted as the files have them, not as they were stored.
    std::ranges::sort(mistakes_,
                      [](const FileMistake& a, const FileMistake& b) { return a.file == b.file && a.line < b.line; });
  }

  // A reference to a row that is wrong itself is that row's mistake, not this one's.
  void Tell(size_t place, size_t ran, const std::vector<call::Call>& calls, const std::set<size_t>& failed,
            call::ApiError error) {
    const model::Resource& resource = service_.resource(service_.operation(calls[ran].operation).resource);
    size_t before = error.details.size();
    std::erase_if(error.details, [&](const call::ErrorDetail& detail) {
      if (detail.code != types::Detail::kReferenceNotFound) return false;
      const model::Field& field = resource.field(resource.FindField(detail.field));
      auto found =
          places_.find({resource.relation(field.relation).target, IdText(rows_[place].body.Find(detail.field))});
      return found != places_.end() && failed.contains(found->second);
    });
    if (before > 0 && error.details.empty()) return;
    std::string id = IdText(rows_[place].body.Find("id"));
    for (const std::string& line : Explain(error)) {
      Wrong(rows_[place], fmt::format("{}{}{}: {}", rows_[place].resource, id.empty() ? "" : " ", id, line));
    }
  }

  OperatorAnswer Mistakes() {
    OperatorAnswer answer{2, "", ""};
    for (size_t i = 0; i < std::min(mistakes_.size(), kMostMistakes); ++i) {
      answer.err += fmt::format("{}:{}: {}\n", mistakes_[i].file, mistakes_[i].line, mistakes_[i].message);
    }
    if (mistakes_.size() > kMostMistakes) answer.err += fmt::format("and {} more\n", mistakes_.size() - kMostMistakes);
    answer.err += "nothing was loaded\n";
    return answer;
  }

  const Runtime& runtime_;
  const model::Service& service_;
  Observer& observer_;
  FileContents contents_;
  std::vector<FileRow>& rows_ = contents_.rows;
  std::vector<FileMistake>& mistakes_ = contents_.mistakes;
  std::vector<call::Call> calls_;  // by row
  std::map<std::pair<model::ResourceId, std::string>, size_t> places_;
  std::vector<size_t> order_;
};

}  // namespace

OperatorAnswer ExecuteLoad(const Runtime& runtime, const OperatorRequest& request, Observer& observer) {
  return Loader(runtime, observer).Run(request);
}

}  // namespace ashlar::app
