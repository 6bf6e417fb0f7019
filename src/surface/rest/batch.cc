// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/batch.h"

#include "base/result.h"
#include "http/head.h"
#include "http/syntax.h"
#include "surface/rest/decode.h"
#include "surface/rest/row_writer.h"

namespace ashlar::surface::rest {
namespace {

using call::Code;
using model::OperationKind;

constexpr int kAnswerDepth = 256;            // of an answer that is referred to
constexpr size_t kMostReferred = 4 << 20;  // bytes of all of these, as text; what they become is many times as large

int StatusOf(OperationKind kind, const call::Outcome& outcome) {
  if (kind == OperationKind::kDelete) return 204;
  return outcome.created ? 201 : 200;
}

constexpr std::string_view kTaken[] = {"GET", "QUERY", "POST", "PUT", "PATCH", "DELETE"};

}  // namespace

std::optional<engine::Refused> Batch::Read(const http::Request& request) {
  auto form = ReadBatchForm(request);
  if (!form) return engine::Refused{std::nullopt, std::move(form.error())};
  dry_run_ = form->dry_run;
  once_ = std::move(form->once);
  std::map<std::string, size_t> places;
  for (BatchOperation& sent : form->operations) {
    std::vector<std::string> ids;
    bool late = FindReferences(sent.path, ids);
    late = (sent.body && FindReferences(*sent.body, ids)) || late;
    for (const std::string& id : ids) {
      if (auto found = places.find(id); found != places.end()) operations_[found->second].referred = true;
    }
    if (!sent.id.empty()) places.emplace(sent.id, operations_.size());
    Operation& operation = operations_.emplace_back();
    operation.sent = std::move(sent);
    http::Request own;
    auto match = MatchOf(operation.sent, own);
    if (!match) {
      if (match.error().code == call::Code::kMethodNotAllowed) allow_ = AllowOf(own);
      return engine::Refused{operations_.size() - 1, std::move(match.error())};
    }
    operation.match = std::move(*match);
    operation.segments = own.segments;
    if (!late) operation.call = CallOf(std::move(own), operation.match, operation.sent, operation.sent.body);
  }
  return std::nullopt;
}

// Without an address: the method is none that operations have.
std::string Batch::AllowOf(const http::Request& request) const {
  if (request.target.empty()) return fmt::format("{}", fmt::join(kTaken, ", "));
  return std::string(router_.Find(request.method, request.segments).allow);
}

// The request that an operation stands for, without its body, and where it goes.
call::Answer<Match> Batch::MatchOf(const BatchOperation& sent, http::Request& request) const {
  if (std::ranges::find(kTaken, sent.method) == std::end(kTaken)) {
    return call::Refuse(Code::kMethodNotAllowed, "an operation of a batch is GET, QUERY, POST, PUT, PATCH or DELETE");
  }
  if (sent.path.size() > http::ParserLimits{}.target_bytes) {
    return call::Refuse(Code::kUriTooLong, "the path is too long");
  }
  if (std::string_view wrong = http::WrongInTarget(sent.path); !wrong.empty()) {
    return call::Refuse(Code::kBadRequest, std::string(wrong));
  }
  request.method = sent.method;
  request.target = sent.path;
  if (auto wrong = http::ReadTarget(sent.path, request))
    return call::Refuse(Code::kBadRequest, std::string(wrong->reason));
  Match match = router_.Find(request.method, request.segments);
  if (match.batch) return call::Refuse(Code::kRouteNotFound, "a batch holds no batch");
  if (match.operation == nullptr) return std::unexpected(std::move(match.refusal));
  return match;
}

call::Call Batch::CallOf(http::Request request, const Match& match, const BatchOperation& sent,
                         const std::optional<json::Json>& body) const {
  if (sent.if_match) request.headers.push_back({"If-Match", *sent.if_match});
  if (body) {
    request.headers.push_back({"Content-Type", std::string(kJson)});
    json::Append(*body, request.body);
  }
  call::Call call = Decode(request, match);
  if (call.dry_run && !call.malformed) {
    call.malformed = call::ApiError{Code::kInvalidQuery, "'dryRun' is for the batch as a whole", {}};
  }
  return call;
}

std::optional<OperationPlace> Batch::PlaceOf(const engine::Refused& refused) const {
  if (!refused.call) return std::nullopt;
  std::string id = *refused.call < operations_.size() ? operations_[*refused.call].sent.id : "";
  return OperationPlace{*refused.call, std::move(id)};
}

bool Batch::writes() const {
  return std::ranges::any_of(operations_,
                             [](const Operation& one) { return model::Writes(one.match.operation->kind); });
}

bool Batch::reads() const {
  return std::ranges::any_of(operations_,
                             [](const Operation& one) { return !model::Writes(one.match.operation->kind); });
}

void Batch::Start() {
  next_ = 0;
  referred_ = 0;
  answers_.clear();
}

call::Answer<const call::Call*> Batch::Next() {
  if (next_ == operations_.size()) return nullptr;
  const Operation& operation = operations_[next_];
  if (operation.call) return &*operation.call;
  TRY(call, Resolved(operation));
  late_ = std::move(call);
  return &late_;
}

void Batch::Answered(const call::Outcome& outcome) {
  const Operation& operation = operations_[next_++];
  if (!operation.referred) return;
  std::string text;
  json::Writer out(text);
  std::vector<std::string> more;
  WriteData(operation, outcome, out, more);
  referred_ += text.size();
  if (referred_ > kMostReferred) return;
  auto answer = json::Parse(text, {.depth = kAnswerDepth, .bytes = SIZE_MAX});
  if (answer) answers_.emplace(operation.sent.id, std::move(*answer));
}

call::Answer<call::Call> Batch::Resolved(const Operation& operation) const {
  auto look_up = [this](const Reference& reference) { return LookUp(reference); };
  BatchOperation sent{operation.sent.id, operation.sent.method, "", std::nullopt, operation.sent.if_match};
  auto target = ResolveTarget(operation.sent.path, look_up);
  if (!target) {
    // Told behind the operation's rule, as whatever is wrong with a request's form.
    call::Call call;
    call.operation = operation.match.operation->id;
    call.malformed = call::ApiError{Code::kInvalidQuery, "'path': " + target.error(), {}};
    return call;
  }
  sent.path = std::move(*target);
  http::Request request;
  TRY(match, MatchOf(sent, request));
  bool same = match.operation == operation.match.operation;
  if (!same) return call::Refuse(Code::kNotFound, std::string(RowOf(Code::kNotFound).message));
  std::optional<json::Json> body = operation.sent.body;
  std::vector<call::ErrorDetail> wrong;
  if (body) wrong = Resolve(*body, look_up, sent.method == "QUERY" ? Takes::kValues : Takes::kAll);
  call::Call call = CallOf(std::move(request), match, sent, body);
  if (!wrong.empty() && !call.malformed) {
    call.malformed = call::ApiError{Code::kValidationError, "some references lead nowhere", std::move(wrong)};
  }
  return call;
}

std::expected<const json::Json*, std::string> Batch::LookUp(const Reference& reference) const {
  auto found = answers_.find(reference.of);
  if (found != answers_.end()) return Follow(reference, found->second);
  auto named = std::ranges::find_if(operations_, [&](const Operation& one) { return one.sent.id == reference.of; });
  if (named == operations_.end()) {
    return std::unexpected(fmt::format("'{}': no operation has the id '{}'", reference.text, reference.of));
  }
  auto place = static_cast<size_t>(named - operations_.begin());
  if (place < next_) {
    return std::unexpected(fmt::format("'{}': the answers that are referred to have more than {} MiB together",
                                       reference.text, kMostReferred >> 20));
  }
  return std::unexpected(
      fmt::format("'{}' refers to {}", reference.text, place == next_ ? "its own operation" : "a later operation"));
}

void Batch::WriteData(const Operation& operation, const call::Outcome& outcome, json::Writer& out,
                      std::vector<std::string>& more) const {
  OperationKind kind = operation.match.operation->kind;
  RowWriter rows(service_, out);
  if (kind == OperationKind::kHistory) {
    WriteHistory(out, outcome.history);
  } else if (outcome.groups) {
    WriteGroups(out, *outcome.groups);
  } else if (kind == OperationKind::kList) {
    out.BeginArray();
    for (size_t i = 0; i < outcome.rows.rows.size(); ++i)
      rows.Write(outcome.rows, i, {"data", static_cast<int64_t>(i)});
    out.EndArray();
  } else if (outcome.rows.rows.empty()) {
    out.Null();  // deleted, or not readable by who wrote it
  } else {
    rows.Write(outcome.rows, 0, {"data"});
  }
  more = rows.more();
}

std::string Batch::Encode(const std::vector<call::Outcome>& outcomes, const Meta& meta) const {
  std::string body;
  json::Writer out(body);
  out.BeginObject();
  out.Key("data");
  out.BeginArray();
  for (size_t i = 0; i < outcomes.size() && i < operations_.size(); ++i) {
    out.BeginObject();
    if (!operations_[i].sent.id.empty()) out.Field("id", operations_[i].sent.id);
    out.Field("status", StatusOf(operations_[i].match.operation->kind, outcomes[i]));
    out.Key("data");
    std::vector<std::string> more;
    WriteData(operations_[i], outcomes[i], out, more);
    if (outcomes[i].page || !more.empty()) {
      out.Key("meta");
      out.BeginObject();
      if (outcomes[i].page) WritePage(out, *outcomes[i].page);
      WriteMore(out, "more", more);
      out.EndObject();
    }
    out.EndObject();
  }
  out.EndArray();
  WriteMeta(out, meta);
  out.EndObject();
  return body;
}

}  // namespace ashlar::surface::rest
