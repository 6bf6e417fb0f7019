// SPDX-License-Identifier: Apache-2.0
// `ashlar explain access`: what a request would be answered, and which rules say so.
#include "app/access/asking.h"
#include "app/access/becoming.h"
#include "app/access/inquiry.h"
#include "app/access/trial.h"
#include "app/operator/request.h"
#include "http/head.h"
#include "model/row_id.h"
#include "surface/auth/routes.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

using cel::ExprPtr;
using model::OperationKind;
using Verdict = Inquiry::Verdict;

constexpr int64_t kMicros = 30'000'000;

// Exit statuses of their own, by what the answer would be.
constexpr int kAllowed = 0, kDenied = 3, kHidden = 4, kRefusedOtherwise = 5;

int StatusOf(const call::Answer<call::Outcome>& answer) {
  if (answer) return kAllowed;
  const call::Code code = answer.error().code;
  if (code == call::Code::kUnauthenticated || code == call::Code::kForbidden) return kDenied;
  if (code == call::Code::kNotFound) return kHidden;
  return RowOf(code).status >= 500 ? 1 : kRefusedOtherwise;
}

// Over which row a rule is judged.
enum class Over : uint8_t { kNoRow, kStored, kBecoming };
struct Use {
  std::string what;     // "update, for the row as it is"
  std::string failing;  // what follows where it does not hold: "hides the row"
  Over over = Over::kNoRow;
  ExprPtr rule;
  const model::Origin* origin = nullptr;
  size_t number = 0;  // in the inquiry over that row
};

class Explanation {
 public:
  Explanation(const Runtime& runtime, Observer& observer, const Asking& asking, const Asked& asked,
              const std::optional<json::Json>& body)
      : runtime_(runtime),
        service_(*runtime.service),
        asking_(asking),
        operation_(*asked.match.operation),
        resource_(service_.resource(operation_.resource)),
        call_(DecodeAsked(service_, asked, body)),
        context_{.request_id = types::FormatUuid(types::NewUuidV7(SystemClock().NowMicros())),
                 .deadline = Deadline::After(SystemClock(), kMicros),
                 .clock = SystemClock(),
                 .observer = observer},
        rules_(service_, asking_.caller, SystemClock().NowMicros()),
        stored_(service_, rules_, resource_),
        becoming_(service_, rules_, resource_) {}

  OperatorAnswer Run(const std::string& request) {
    auto answer = Answered();
    CollectRules();
    CollectFields();
    AskStored();
    AskBecoming();
    text_ += fmt::format("{} as {}\n", request, asking_.told);
    text_ += answer ? "allowed" : fmt::format("refused: {}", Describe(answer.error()));
    text_ += model::Writes(operation_.kind) ? "; nothing was written\n" : "\n";
    text_ += "The values of hidden fields may stand below: this is for the operator.\n";
    TellRow();
    for (const Use& use : uses_) TellRule(use);
    TellFields();
    return {StatusOf(answer), std::move(text_), ""};
  }

 private:
  // By the planner, the engine's programs and the store, as a server would; nothing of it remains.
  call::Answer<call::Outcome> Answered() {
    auto plan = runtime_.planner->MakePlan(call_, asking_.caller, context_);
    if (!plan) return std::unexpected(std::move(plan).error());
    std::vector<plan::Plan> plans;
    plans.push_back(std::move(*plan));
    auto outcomes = RunPlans(std::move(plans));
    if (!outcomes) return call::Refuse(call::Code::kUnavailable, outcomes.error().message);
    return std::move(outcomes->front());
  }

  // The narrowest key of `access` that is given.
  const model::Origin* OriginOf(std::initializer_list<std::string_view> keys, model::FieldId field = {}) const {
    for (std::string_view key : keys) {
      for (const model::Origin& origin : service_.origins) {
        if (origin.resource == resource_.id && origin.field == field && origin.key == key) return &origin;
      }
    }
    return nullptr;
  }

  void Add(std::string what, std::string failing, Over over, const ExprPtr& rule, const model::Origin* origin) {
    Inquiry& inquiry = over == Over::kBecoming ? becoming_ : stored_;
    uses_.push_back({std::move(what), std::move(failing), over, rule, origin, inquiry.AddRule(rule)});
  }

  void CollectRules() {
    const model::Access& access = resource_.access;
    const bool lists = operation_.kind == OperationKind::kList || operation_.kind == OperationKind::kAggregate;
    if (lists) return Add("list", "hides the rows", Over::kNoRow, access.list, OriginOf({"list", "read"}));
    if (operation_.kind != OperationKind::kCreate) {
      Add("get", "hides the row", Over::kStored, access.get, OriginOf({"get", "read"}));
    }
    switch (operation_.kind) {
      case OperationKind::kCreate: return AddCreation();
      case OperationKind::kReplace:
      case OperationKind::kUpdate:
        Add("update, of the row as it is", "denies", Over::kStored, access.update_before,
            OriginOf({"update.before", "update", "write"}));
        Add("update, of the row as it would become", "denies", Over::kBecoming, access.update_after,
            OriginOf({"update.after", "update", "write"}));
        if (operation_.kind == OperationKind::kReplace) AddCreation();
        return;
      case OperationKind::kDelete:
        if (call_.purge) return Add("purge", "denies", Over::kStored, access.purge, OriginOf({"purge"}));
        return Add("delete", "denies", Over::kStored, access.remove, OriginOf({"delete", "write"}));
      case OperationKind::kRestore:
        return Add("restore", "denies", Over::kStored, access.restore, OriginOf({"restore", "write"}));
      case OperationKind::kHistory:
        return Add("history", "denies", Over::kStored, access.history, OriginOf({"history", "get", "read"}));
      case OperationKind::kList:
      case OperationKind::kGet:
      case OperationKind::kAggregate: return;
    }
  }

  void AddCreation() {
    Add("create, of the row as it would become", "denies", Over::kBecoming, resource_.access.create,
        OriginOf({"create", "write"}));
  }

  // Rules of the fields that are shown, and of those that the body gives.
  void CollectFields() {
    const bool shows = operation_.kind != OperationKind::kDelete;
    const bool lists = operation_.kind == OperationKind::kList || operation_.kind == OperationKind::kAggregate;
    const bool makes = operation_.kind == OperationKind::kCreate || operation_.kind == OperationKind::kUpdate ||
                       operation_.kind == OperationKind::kReplace;
    for (uint32_t i = 0; i < resource_.fields.size(); ++i) {
      const model::FieldId id{i};
      const model::Field& field = resource_.field(id);
      if (shows && field.read != nullptr && !field.write_only) {
        Over over = lists ? Over::kNoRow : makes ? Over::kBecoming : Over::kStored;
        Add("field " + field.name + ", read", "hides the field", over, field.read, OriginOf({"read"}, id));
      }
      if (!makes || call_.body.Find(field.name) == nullptr) continue;
      if (field.write == nullptr) continue;
      const model::Origin* origin = OriginOf({"write"}, id);
      if (operation_.kind != OperationKind::kCreate) {
        Add("field " + field.name + ", write, in the row as it is", "denies, if the field changes", Over::kStored,
            field.write, origin);
      }
      Add("field " + field.name + ", write, in the row as it would become", "denies, if the field changes",
          Over::kBecoming, field.write, origin);
    }
  }

  // Runs plans of which nothing remains.
  Result<store::Outcomes> RunPlans(std::vector<plan::Plan> plans) {
    store::Unit unit;
    unit.discard = true;
    unit.plans = std::move(plans);
    return runtime_.store->RunAndWait(context_, unit);
  }

  void AskStored() {
    if (call_.id.empty()) return;
    auto key = model::ParseId(service_, resource_, call_.id);
    if (!key) return;
    std::vector<plan::Plan> plans;
    std::vector<ExprPtr> expressions = stored_.expressions();
    if (resource_.soft_delete) {
      const model::FieldId deleted_at = resource_.FindSystem(model::SystemField::kDeletedAt);
      ExprPtr field = plan::FieldOf(resource_, deleted_at, plan::RowAt(resource_.id, 0));
      ExprPtr null = plan::LiteralFor(resource_.field(deleted_at), types::Value{});
      expressions.push_back(plan::MakeCall(cel::Op::kNotEqual, {field, null}));
    }
    plans.push_back(runtime_.planner->MakeInspection(resource_.id, std::move(*key), expressions));
    auto outcomes = RunPlans(std::move(plans));
    if (!outcomes || outcomes->empty() || !outcomes->front()) return;
    there_ = true;
    call::Outcome outcome = std::move(*outcomes->front());
    if (expressions.empty()) return;
    deleted_ = resource_.soft_delete && outcome.groups->rows.at(0, expressions.size() - 1).integer != 0;
    stored_.TakeAnswer(std::move(outcome));
  }

  void AskBecoming() {
    const std::vector<ExprPtr> expressions = becoming_.expressions();
    if (expressions.empty()) return;
    auto made = Become(service_, *runtime_.planner, *runtime_.store, context_, asking_.caller, call_, expressions);
    if (!made) {
      not_made_ = Describe(made.error());
      return;
    }
    becoming_.TakeAnswer(std::move(*made));
  }

  void TellRow() {
    if (call_.id.empty()) return;
    if (!there_) text_ += "there is no row of that id, whoever asks\n";
    if (deleted_) text_ += "the row is deleted\n";
  }

  void TellRule(const Use& use) {
    const Inquiry& inquiry = use.over == Over::kBecoming ? becoming_ : stored_;
    std::string place = use.origin == nullptr ? "no rule is given: nobody"
                                              : fmt::format("{}:{}: {}: {}", use.origin->file, use.origin->line,
                                                            use.origin->key, use.origin->text);
    const Verdict verdict = inquiry.VerdictOf(use.number);
    std::string conclusion = "holds";
    if (verdict == Verdict::kFalse || verdict == Verdict::kError) conclusion = "does not hold: " + use.failing;
    if (verdict == Verdict::kOpen && use.over == Over::kNoRow)
      conclusion = "is part of the query: other rows are hidden";
    if (verdict == Verdict::kOpen && use.over == Over::kStored) conclusion = "is not judged: there is no such row";
    if (verdict == Verdict::kOpen && use.over == Over::kBecoming) {
      conclusion = fmt::format("is not judged: no row would come of it ({})", not_made_);
    }
    text_ += fmt::format("\n{}: {}\n  {}\n", use.what, conclusion, place);
    for (const std::string& line : inquiry.Lines(use.number)) text_ += fmt::format("  {}\n", line);
  }

  // What no rule is needed for to be refused.
  void TellFields() {
    const bool changes = operation_.kind == OperationKind::kUpdate || operation_.kind == OperationKind::kReplace;
    if (!changes && operation_.kind != OperationKind::kCreate) return;
    for (const model::Field& field : resource_.fields) {
      if (call_.body.Find(field.name) == nullptr) continue;
      std::string_view why;
      if (field.computed) why = "computed";
      if (field.read_only) why = "readOnly";
      if (field.immutable && changes) why = "immutable";
      if (!why.empty()) text_ += fmt::format("\nfield {} is {}: a caller may not change it\n", field.name, why);
    }
  }

  const Runtime& runtime_;
  const model::Service& service_;
  const Asking& asking_;
  const model::Operation& operation_;
  const model::Resource& resource_;
  const call::Call call_;
  Context context_;
  const plan::Rules rules_;
  Inquiry stored_, becoming_;
  std::vector<Use> uses_;
  bool there_ = false, deleted_ = false;
  std::string not_made_;
  std::string text_;
};

// Who may ask what /auth has, where no rule says it; empty for any other address.
std::string BuiltIn(const model::Service& service, std::string_view method, std::string_view target) {
  http::Request request;
  if (!service.identity || http::ReadTarget(target, request)) return "";
  const surface::auth::Match match = surface::auth::Find(*service.identity, method, request.segments);
  if (match.route == nullptr) return match.path.empty() ? "" : fmt::format("only {} is taken there", match.allow);
  const std::string_view who =
      match.route->asker == surface::auth::Asker::kAnybody
          ? "anybody may ask it"
          : (match.route->keys ? "whoever has signed in may ask it of their own account, and their API keys"
                               : "whoever has signed in may ask it of their own account");
  return fmt::format("it is built in, and no rule of the contract is looked at: {}", who);
}

}  // namespace

OperatorAnswer ExecuteExplain(const Runtime& runtime, const json::Json& request, Observer& observer) {
  const std::string line = TextOf(request, "request");
  const size_t space = line.find(' ');
  auto wrong = [](std::string message) { return OperatorAnswer{2, "", std::move(message) + "\n"}; };
  if (space == std::string::npos) return wrong(fmt::format("'{}' is not a method and an address", line));
  const std::string built_in = BuiltIn(*runtime.service, line.substr(0, space), line.substr(space + 1));
  if (!built_in.empty()) return wrong(fmt::format("{}: {}", line, built_in));
  surface::rest::Router router(*runtime.service);
  auto asked = Ask(router, line.substr(0, space), line.substr(space + 1));
  if (!asked) return wrong(fmt::format("{}: {}", line, Describe(asked.error())));
  std::optional<json::Json> body;
  if (const std::string text = TextOf(request, "body"); !text.empty()) {
    auto parsed = json::Parse(text);
    if (!parsed) {
      const json::SyntaxError& at = parsed.error();
      return wrong(fmt::format("--body: line {}, column {}: {}", at.line, at.column, at.message));
    }
    body = std::move(*parsed);
  }
  auto asking = ReadAsking(runtime, TextOf(request, "as"), observer);
  if (!asking) {
    const bool failed = asking.error().kind == ErrorKind::kUnavailable;
    return {failed ? 1 : 2, "", asking.error().message + "\n"};
  }
  if (asking->disabled) {
    return {kDenied, fmt::format("{} as {}\nrefused: 401 UNAUTHENTICATED: the user is disabled\n", line, asking->told),
            ""};
  }
  return Explanation(runtime, observer, *asking, *asked, body).Run(line);
}

}  // namespace ashlar::app
