// SPDX-License-Identifier: Apache-2.0
#include "identity/courier.h"

#include <algorithm>
#include <set>

#include "engine/engine.h"
#include "identity/keeper.h"
#include "identity/row.h"
#include "types/datetime.h"
#include "types/uuid.h"

namespace ashlar::identity {
namespace {

using json::Json;
using model::OperationKind;

constexpr int64_t kMicros = 1'000'000;
constexpr int64_t kPatienceUs = 10 * kMicros;  // of one call, while others write
constexpr int64_t kBetweenSweepsUs = 600 * kMicros;
constexpr int64_t kAtOnce = 50;
constexpr std::chrono::milliseconds kRest{5000};
constexpr std::chrono::milliseconds kFirstOutage{1000}, kLongestOutage{60'000};

// A row of the queue.
struct Waiting {
  std::string id;
  std::string kind;
  std::string recipient;
  std::string ticket;
  int64_t stamp = 0, attempts = 0, expires_at = 0;
};

}  // namespace

int64_t MailDelayMicros(int64_t attempts) {
  return 60 * kMicros << std::min<int64_t>(std::max<int64_t>(attempts, 1) - 1, 5);
}

std::chrono::milliseconds OutageDelay(int64_t failures) {
  return std::min(kFirstOutage * (1 << std::min<int64_t>(std::max<int64_t>(failures, 1) - 1, 10)), kLongestOutage);
}

// What the courier's thread does.
class Courier::Round {
 public:
  explicit Round(Parts parts) : parts_(std::move(parts)), key_(TicketKey(parts_.service_key)) {
    as_.kind = call::Caller::Kind::kOperator;
    as_.id = "operator";
  }

  void Work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      Sweep();
      if (!SendDue(stop)) parts_.queue.WaitForMore(stop, kRest);
    }
  }

 private:
  const model::Service& service() const { return parts_.planner.service(); }
  const model::Resource& mail() const { return service().resource(service().mail); }

  std::vector<call::Answer<call::Outcome>> DoAll(const std::vector<call::Call>& calls) {
    Context context{"mail", Deadline::After(parts_.clock, kPatienceUs), parts_.clock, parts_.observer};
    return engine::RunAll(parts_.planner, parts_.store, context, as_, calls);
  }
  call::Answer<call::Outcome> Do(const call::Call& call) { return std::move(DoAll({call}).front()); }

  call::Call Before(model::ResourceId resource, const char* field) const {
    call::Call call = CallOn(service(), resource, OperationKind::kList);
    const std::string now = types::FormatTimestamp(types::Timestamp{parts_.clock.NowMicros()});
    call.where.push_back({field, {field}, call::Operator::kLte, {now}});
    call.sort.push_back({field, false});
    call.paging.per_page = kAtOnce;
    return call;
  }

  call::Call Removing(model::ResourceId resource, const std::string& id) const {
    call::Call call = CallOn(service(), resource, OperationKind::kDelete);
    call.id = id;
    return call;
  }

  // What is over is of no use; a store that is busy or broken says so itself, and the next sweep comes.
  void Sweep() {
    const int64_t now = parts_.clock.SteadyMicros();
    if (now < next_sweep_us_) return;
    next_sweep_us_ = now + kBetweenSweepsUs;
    for (const auto& [resource, field] : {std::pair(service().ticket, "expiresAt"), {service().mailbox, "fullAt"}}) {
      auto over = Do(Before(resource, field));
      for (size_t row = 0; over && row < over->rows.rows.size(); ++row) {
        if (!Do(Removing(resource, IdIn(service().resource(resource), over->rows, "id", row)))) return;
      }
      if (over && over->rows.rows.size() == kAtOnce) next_sweep_us_ = now;
    }
  }

  // True: there may be more that is due.
  bool SendDue(const std::stop_token& stop) {
    auto due = Do(Before(service().mail, "dueAt"));
    if (!due) return false;
    parts_.queue.Counted(due->page ? due->page->total.value_or(0) : 0);
    std::vector<Waiting> all;
    for (size_t row = 0; row < due->rows.rows.size(); ++row) all.push_back(Read(due->rows, row));
    if (!Discard(all)) return false;
    for (const Waiting& waiting : all) {
      if (stop.stop_requested() || !SendOne(waiting, stop)) return true;
    }
    return due->rows.rows.size() == static_cast<size_t>(kAtOnce);
  }

  // Takes out what is sent to nobody, all at once: who asks for much of it holds nobody up.
  bool Discard(std::vector<Waiting>& all) {
    std::vector<call::Call> calls;
    std::erase_if(all, [&](const Waiting& waiting) {
      if (waiting.kind != RowOf(MailKind::kNothing).name) return false;
      calls.push_back(Removing(service().mail, waiting.id));
      return true;
    });
    if (calls.empty()) return true;
    return std::ranges::all_of(DoAll(calls), [](const auto& answer) { return answer.has_value(); });
  }

  Waiting Read(const call::RowSet& rows, size_t row) const {
    return {.id = IdIn(mail(), rows, "id", row),
            .kind = TextIn(mail(), rows, "kind", row),
            .recipient = TextIn(mail(), rows, "recipient", row),
            .ticket = IdIn(mail(), rows, "ticket", row),
            .stamp = NumberIn(mail(), rows, "stamp", row),
            .attempts = NumberIn(mail(), rows, "attempts", row),
            .expires_at = MicrosIn(mail(), rows, "expiresAt", row)};
  }

  void Tell(Severity severity, std::string event, std::string message) {
    parts_.observer.Observe(Note{severity, std::move(event), std::move(message)});
  }

  // Takes it out of the queue. While the store takes no change it is remembered, so that nothing is sent again and
  // again.
  bool Finish(const Waiting& waiting, const std::stop_token& stop) {
    finished_.insert(waiting.id);
    auto removed = Do(Removing(service().mail, waiting.id));
    if (removed || removed.error().code == call::Code::kNotFound) {
      finished_.erase(waiting.id);
      return true;
    }
    parts_.queue.Pause(stop, kRest);
    return false;
  }

  bool Drop(const Waiting& waiting, std::string_view why, const std::stop_token& stop) {
    Tell(Severity::kWarning, "mail.dropped", fmt::format("{} {}: {}", waiting.kind, waiting.id, why));
    return Finish(waiting, stop);
  }

  // False: the rest has waited.
  bool SendOne(const Waiting& waiting, const std::stop_token& stop) {
    auto kind = FindMailKind(waiting.kind);
    if (finished_.contains(waiting.id)) return Finish(waiting, stop);
    if (waiting.expires_at <= parts_.clock.NowMicros()) return Drop(waiting, "nobody has taken it in time", stop);
    if (!kind || !service().identity) return Drop(waiting, "the service sends no such mail", stop);
    auto outgoing = Compose(waiting, *kind);
    if (!outgoing) return Drop(waiting, outgoing.error().message, stop);
    Delivery delivery = parts_.sender->Send(*outgoing, stop);
    switch (delivery.what) {
      case Delivery::What::kSent: return Sent(waiting, stop);
      case Delivery::What::kRefused: return Refused(waiting, delivery.why, stop);
      case Delivery::What::kUnreachable: break;
    }
    if (stop.stop_requested()) return false;
    if (failures_++ == 0) Tell(Severity::kError, "mail.unreachable", delivery.why);
    parts_.queue.Pause(stop, OutageDelay(failures_));
    return false;
  }

  Result<Outgoing> Compose(const Waiting& waiting, MailKind kind) const {
    const MailKindRow& row = RowOf(kind);
    std::string token;
    if (row.purpose) {
      auto id = types::ParseUuid(waiting.ticket);
      if (!id) return Fail(ErrorKind::kInvalid, "it has no ticket");
      token = WriteTicket(key_, {*row.purpose, *id, waiting.stamp});
      if (LinkWith(service().identity->links, *row.purpose, token).empty()) {
        return Fail(ErrorKind::kInvalid, "the contract has no link for it");
      }
    }
    Sender from = parts_.from;
    if (from.name.empty()) from.name = TitleOf(service());
    TRY(text, ComposeMail(from, waiting.recipient, WriteLetter(service(), kind, token), waiting.id,
                          parts_.clock.NowMicros()));
    return Outgoing{waiting.id, from.address, waiting.recipient, std::move(text)};
  }

  bool Sent(const Waiting& waiting, const std::stop_token& stop) {
    if (failures_ > 0) Tell(Severity::kInfo, "mail.reachable", "mails are taken again");
    failures_ = 0;
    return Finish(waiting, stop);
  }

  bool Refused(const Waiting& waiting, const std::string& why, const std::stop_token& stop) {
    failures_ = 0;
    const int64_t attempts = waiting.attempts + 1;
    const int64_t due = parts_.clock.NowMicros() + MailDelayMicros(attempts);
    if (attempts >= kMostAttempts || due >= waiting.expires_at) return Drop(waiting, why, stop);
    call::Call call = CallOn(service(), service().mail, OperationKind::kUpdate);
    call.id = waiting.id;
    Keeper::Body body;
    body.emplace_back("attempts", NumberJson(attempts));
    body.emplace_back("dueAt", TimeJson(due));
    call.body = ToJson(std::move(body));
    if (Do(call)) return true;
    parts_.queue.Pause(stop, kRest);
    return false;
  }

  Parts parts_;
  const std::string key_;
  call::Caller as_;
  int64_t next_sweep_us_ = INT64_MIN;
  std::set<std::string> finished_;  // and still in the queue
  int64_t failures_ = 0;  // mails in a row that found nobody
};

Courier::Courier(Parts parts)
    : round_(std::make_unique<Round>(std::move(parts))),
      thread_([round = round_.get()](const std::stop_token& stop) { round->Work(stop); }) {}

Courier::~Courier() = default;

}  // namespace ashlar::identity
