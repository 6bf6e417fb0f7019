// SPDX-License-Identifier: Apache-2.0
// `load`: every row a creation as the operator, all in one transaction. The files are read twice: to learn what stands
// where and what refers to what, and to store row after row, so that no more than one row's text is in memory.
#include <atomic>
#include <condition_variable>
#include <map>
#include <thread>

#include "app/operator/request.h"
#include "app/operator/row_index.h"
#include "app/operator/rows_file.h"
#include "engine/engine.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

constexpr int kLookMillis = 100;

// A row's id as its file writes it, for messages.
std::string IdText(const json::Json* value) {
  if (value == nullptr) return "";
  if (value->string() != nullptr) return *value->string();
  return value->number() == nullptr ? "" : value->number()->token;
}

// How the cells of a column are read: as JSON has the type, but for what is no scalar there, which a cell has as JSON.
CsvColumn::Form FormOf(const types::Type& type) {
  if (type.element() != nullptr) return CsvColumn::Form::kJson;
  const types::FieldType* row = types::FindFieldType(type.name());
  std::string_view json = row == nullptr ? "string" : row->json;
  if (json == "number") return CsvColumn::Form::kNumber;
  if (json == "boolean") return CsvColumn::Form::kBool;
  return json == "any" ? CsvColumn::Form::kJson : CsvColumn::Form::kText;
}

// Looks from time to time how far a load is, and tells, for as long as it lives.
class Watch {
 public:
  Watch(const std::atomic<size_t>& done, const std::atomic<size_t>& total, std::atomic<bool>& gone,
        const ReportProgress& report)
      : thread_([&done, &total, &gone, &report, this] {
          std::unique_lock lock(mutex_);
          while (!end_.wait_for(lock, std::chrono::milliseconds(kLookMillis), [this] { return ended_; })) {
            if (!report(done.load(), total.load())) gone.store(true);
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

OperatorAnswer Failed(std::string why) { return {1, "", std::move(why) + "\nnothing was loaded\n"}; }

// One load on its way. As a RowSink it hears what stands in the files, as a CallSource it gives a creation for every
// row, from the store's thread.
class Loader final : RowSink, engine::CallSource {
 public:
  Loader(const Runtime& runtime, Observer& observer, const OperatorRequest& request);
  OperatorAnswer Run(const ReportProgress& report);

 private:
  struct Reference {
    const model::Field* field;
    model::ResourceId target;
  };
  struct Known {  // of a resource
    const types::Type* id = nullptr;
    std::vector<Reference> references;
  };
  static constexpr size_t kMostMistakes = 1000;  // that are printed
  static constexpr size_t kMostBytes = 512 << 20;  // of the index

  void Learn(const model::Resource& resource);
  uint64_t KeyOf(model::ResourceId resource, const types::Type& type, const json::Json* value);
  void Read();
  bool Resource(FilePlace place, const std::string& name) override;
  bool Row(FileRow row) override;
  std::vector<CsvColumn> Columns(FilePlace place, const std::vector<std::string>& names) override;
  bool BadRow(FilePlace place, std::string message) override;
  void Stopped(FilePlace place, std::string message) override;
  void CheckRoles(const FileRow& row);
  void TellCircle(uint32_t row);
  OperatorAnswer Store();
  OperatorAnswer Loaded() const;
  Result<json::Json> BodyOf(uint32_t row);
  std::string Changed(size_t file) const;
  void Start() override;
  Result<const call::Call*> Next() override;
  Result<const call::Call*> Make();
  void Refused(call::ApiError error) override;
  std::string Name(uint32_t row, const json::Json& body) const;

  const Runtime& runtime_;
  const model::Service& service_;
  Observer& observer_;
  const OperatorRequest& request_;
  std::vector<Known> known_;  // by resource
  std::vector<PartReader> parts_;  // by file
  std::vector<std::vector<CsvColumn>> columns_;  // by file; none where it is no CSV
  std::string request_id_;

  size_t file_ = 0;                // that is read
  model::ResourceId resource_;     // of the rows that come; not valid: of none
  std::vector<uint64_t> references_;
  std::string key_text_;
  RowIndex index_{kMostBytes};
  Mistakes mistakes_{kMostMistakes};
  Mistakes found_{kMostMistakes};  // before anything was stored
  bool full_ = false;
  bool unread_ = false;            // whether parts of the files could not be read
  std::vector<bool> failed_;       // rows
  size_t untold_ = 0;              // references to nothing, while parts are unread

  uint32_t current_ = 0;           // row
  call::Call call_;
  std::string broken_;             // why it cannot go on
  std::atomic<size_t> done_ = 0;   // rows read, then stored
  std::atomic<size_t> total_ = 0;
  std::atomic<bool> gone_ = false;
};

Loader::Loader(const Runtime& runtime, Observer& observer, const OperatorRequest& request)
    : runtime_(runtime), service_(*runtime.service), observer_(observer), request_(request) {
  for (const SourceFile& file : request.files) parts_.emplace_back(file);
  columns_.resize(parts_.size());
  for (const model::Resource& resource : service_.resources) Learn(resource);
}

// What of a row is looked at before it is stored: its id, and what it refers to.
void Loader::Learn(const model::Resource& resource) {
  Known& known = known_.emplace_back();
  model::FieldId id = resource.FindSystem(model::SystemField::kId);
  if (id.valid()) known.id = resource.field(id).type.get();  // none if composite: nothing refers to it
  for (const model::Relation& relation : resource.relations) {
    if (!relation.to_many) known.references.push_back({&resource.field(relation.local), relation.target});
  }
}

// 0 if it is none; the same for all spellings of an id (1 and 1.0, a uuid in either case).
uint64_t Loader::KeyOf(model::ResourceId resource, const types::Type& type, const json::Json* value) {
  if (value == nullptr || value->is_null()) return 0;
  auto parsed = type.Parse(*value);
  if (!parsed) return 0;
  key_text_ = fmt::format("{} ", resource.index());
  json::Writer out(key_text_);
  type.Format(*parsed, out);
  return std::max<uint64_t>(std::hash<std::string>()(key_text_), 1);
}

OperatorAnswer Loader::Run(const ReportProgress& report) {
  auto answer = [&] {
    Watch watch(done_, total_, gone_, report);
    Read();
    if (gone_) return Failed("whoever asked for it is gone");
    index_.Resolve();
    for (uint32_t row : index_.circles()) TellCircle(row);
    found_ = mistakes_;
    done_ = 0;
    total_ = index_.order().size();
    return Store();
  }();
  report(done_, total_);
  answer.counts.mistakes = mistakes_.count();
  answer.request_id = request_id_;
  return answer;
}

void Loader::Read() {
  std::string resource = TextOf(request_.body, "resource");
  for (file_ = 0; file_ < request_.files.size() && !full_ && !gone_; ++file_) {
    ReadRows(request_.files[file_], file_, resource, *this);
  }
}

bool Loader::Resource(FilePlace place, const std::string& name) {
  resource_ = service_.FindResource(name);
  if (resource_.valid() && service_.resource(resource_).routed) return true;
  resource_ = {};
  std::vector<std::string> names;
  for (const model::Resource& resource : service_.resources) {
    if (resource.routed) names.push_back(resource.name);
  }
  std::string there = fmt::format("{}", fmt::join(names, ", "));
  mistakes_.Add(Mistakes::Of::kFile, place, fmt::format("there is no resource '{}'; there are: {}", name, there));
  unread_ = true;
  return true;
}

bool Loader::Row(FileRow row) {
  done_.fetch_add(1);
  if (!resource_.valid()) return !gone_;
  const model::Resource& resource = service_.resource(resource_);
  if (row.body.object() == nullptr) {
    std::string number = row.numbered ? fmt::format("[{}]", row.place.row) : "";
    return BadRow(row.place, fmt::format("{}{}: a row must be an object", resource.name, number));
  }
  const Known& known = known_[resource_.index()];
  references_.clear();
  for (const Reference& reference : known.references) {
    uint64_t key = KeyOf(reference.target, *reference.field->type, row.body.Find(reference.field->name));
    if (key != 0) references_.push_back(key);
  }
  uint64_t key = known.id == nullptr ? 0 : KeyOf(resource_, *known.id, row.body.Find("id"));
  RowIndex::Row kept{.offset = row.offset,
                     .length = row.length,
                     .line = row.place.line,
                     .number = row.place.row,
                     .file = static_cast<uint16_t>(row.place.file),
                     .resource = static_cast<uint16_t>(resource_.index()),
                     .numbered = row.numbered};
  if (!index_.Add(kept, key, references_)) {
    Stopped(row.place, fmt::format("{} rows with {} references are before this one, and one load may hold no more; "
                                   "load the files in parts",
                                   index_.size(), index_.reference_count()));
    full_ = true;
    return false;
  }
  if (resource_ == service_.user) CheckRoles(row);
  return !gone_;
}

// A name that the resource does not have is told once, not for every row.
std::vector<CsvColumn> Loader::Columns(FilePlace place, const std::vector<std::string>& names) {
  std::vector<CsvColumn>& columns = columns_[file_];
  for (const std::string& name : names) {
    CsvColumn& column = columns.emplace_back(name, CsvColumn::Form::kNone);
    if (!resource_.valid()) continue;
    const model::Resource& resource = service_.resource(resource_);
    model::FieldId id = resource.FindField(name);
    if (id.valid()) {
      column.form = FormOf(*resource.field(id).type);
    } else if (name == "id") {
      column.form = CsvColumn::Form::kText;  // a composite one, of which its parts are the fields
    } else {
      mistakes_.Add(Mistakes::Of::kFile, place, fmt::format("{} has no field '{}'", resource.name, name));
    }
  }
  return columns;
}

bool Loader::BadRow(FilePlace place, std::string message) {
  mistakes_.Add(Mistakes::Of::kFile, place, std::move(message));
  return !gone_;
}

void Loader::Stopped(FilePlace place, std::string message) {
  mistakes_.Add(Mistakes::Of::kFile, place, std::move(message));
  unread_ = true;
}

// A role that the contract does not have is refused by every command, though the field takes any text.
void Loader::CheckRoles(const FileRow& row) {
  const json::Json* roles = row.body.Find("roles");
  if (roles == nullptr || roles->array() == nullptr) return;
  for (const json::Json& role : *roles->array()) {
    std::string wrong = role.string() == nullptr ? "" : UnknownRole(service_, *role.string());
    if (wrong.empty()) continue;
    auto which = static_cast<uint32_t>(index_.size() - 1);
    mistakes_.Add(Mistakes::Of::kRow, row.place, fmt::format("{}: roles: {}", Name(which, row.body), wrong));
  }
}

void Loader::TellCircle(uint32_t row) {
  auto body = BodyOf(row);
  std::string name = Name(row, body ? *body : json::Json());
  mistakes_.Add(Mistakes::Of::kRow, index_.row(row).place(), name + ": refers to other rows in a circle");
}

OperatorAnswer Loader::Store() {
  const Clock& clock = SystemClock();
  request_id_ = types::FormatUuid(types::NewUuidV7(clock.NowMicros()));
  Context context{request_id_, {}, clock, observer_};
  call::Caller caller;
  caller.kind = call::Caller::Kind::kOperator;
  caller.id = "operator";
  // With mistakes already told, the rest is tried all the same, so that every mistake is told at once.
  auto kept = engine::RunEach(*runtime_.planner, *runtime_.store, context, caller, *this, mistakes_.count() > 0);
  if (!broken_.empty()) return Failed(broken_);
  if (!kept) return Failed(fmt::format("{} {}", RowOf(kept.error().code).name, kept.error().message));
  if (*kept) return Loaded();
  std::vector<std::string> paths;
  for (const SourceFile& file : request_.files) paths.push_back(file.path());
  OperatorAnswer answer{2, "", mistakes_.Text(paths)};
  if (untold_ > 0) {
    answer.err += fmt::format("{} more references lead to no row, or to one that could not be read\n", untold_);
  }
  answer.err += "nothing was loaded\n";
  return answer;
}

OperatorAnswer Loader::Loaded() const {
  std::map<std::string, size_t> counts;
  for (uint32_t row = 0; row < index_.size(); ++row) ++counts[service_.resources[index_.row(row).resource].name];
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts) parts.push_back(fmt::format("{} {}", count, name));
  OperatorAnswer answer{0, fmt::format("loaded {} rows: {}\n", index_.size(), fmt::join(parts, ", ")), ""};
  answer.counts.rows = index_.size();
  return answer;
}

Result<json::Json> Loader::BodyOf(uint32_t row) {
  const RowIndex::Row& where = index_.row(row);
  TRY(text, parts_[where.file].Read(where.offset, where.length));
  if (const std::vector<CsvColumn>& columns = columns_[where.file]; !columns.empty()) {
    auto cells = ParseCsvRecord(text);
    if (!cells) return Fail(ErrorKind::kUnavailable, Changed(where.file));
    auto made = ToRow(std::move(*cells), columns);
    if (made) return std::move(*made);
    return Fail(ErrorKind::kUnavailable, Changed(where.file));
  }
  auto body = ParseRow(text);
  if (body && body->object() != nullptr) return std::move(*body);
  return Fail(ErrorKind::kUnavailable, Changed(where.file));
}

std::string Loader::Changed(size_t file) const {
  return fmt::format("{} was changed while it was loaded", request_.files[file].path());
}

void Loader::Start() {
  done_ = 0;
  broken_.clear();
  untold_ = 0;
  mistakes_ = found_;
  failed_.assign(index_.size(), false);
  for (uint32_t row : index_.circles()) failed_[row] = true;
}

Result<const call::Call*> Loader::Next() {
  auto next = Make();
  if (!next) broken_ = next.error().message;
  return next;
}

Result<const call::Call*> Loader::Make() {
  if (gone_) return Fail(ErrorKind::kUnavailable, "whoever asked for it is gone");
  if (done_ == index_.order().size()) {
    for (size_t file = 0; file < request_.files.size(); ++file) {
      if (!request_.files[file].Unchanged()) return Fail(ErrorKind::kUnavailable, Changed(file));
    }
    return nullptr;
  }
  current_ = index_.order()[done_.fetch_add(1)];
  TRY(body, BodyOf(current_));
  const model::Resource& resource = service_.resources[index_.row(current_).resource];
  call_ = {};
  call_.operation = service_.FindOperation(resource.id, model::OperationKind::kCreate);
  call_.body = std::move(body);
  if (resource.id == service_.user) FoldEmail(call_.body);
  return &call_;
}

// A reference to a row that is wrong itself is that row's mistake, not this one's; one to a row that could not be read
// may be none.
void Loader::Refused(call::ApiError error) {
  const model::Resource& resource = service_.resources[index_.row(current_).resource];
  size_t before = error.details.size();
  std::erase_if(error.details, [&](const call::ErrorDetail& detail) {
    if (detail.code != types::Detail::kReferenceNotFound) return false;
    model::FieldId field = resource.FindField(detail.field);
    if (!field.valid() || !resource.field(field).relation.valid()) return false;
    model::ResourceId target = resource.relation(resource.field(field).relation).target;
    uint64_t key = KeyOf(target, *resource.field(field).type, call_.body.Find(detail.field));
    uint32_t row = key == 0 ? RowIndex::kNone : index_.Find(key);
    if (row != RowIndex::kNone && failed_[row]) return true;
    untold_ += unread_ ? 1 : 0;
    return unread_;
  });
  failed_[current_] = true;
  if (before > 0 && error.details.empty()) return;
  FilePlace place = index_.row(current_).place();
  for (const std::string& line : Explain(error)) {
    mistakes_.Add(Mistakes::Of::kRow, place, fmt::format("{}: {}", Name(current_, call_.body), line));
  }
}

// "Team[3] red"
std::string Loader::Name(uint32_t row, const json::Json& body) const {
  const RowIndex::Row& where = index_.row(row);
  std::string id = IdText(body.Find("id"));
  std::string number = where.numbered ? fmt::format("[{}]", where.number) : "";
  return fmt::format("{}{}{}{}", service_.resources[where.resource].name, number, id.empty() ? "" : " ", id);
}

}  // namespace

OperatorAnswer ExecuteLoad(const Runtime& runtime, const OperatorRequest& request, Observer& observer,
                           const ReportProgress& report) {
  return Loader(runtime, observer, request).Run(report);
}

}  // namespace ashlar::app
