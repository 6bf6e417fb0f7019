// SPDX-License-Identifier: Apache-2.0
// `client ...`: clients of the provider that registered themselves.
#include "app/operator/users.h"
#include "identity/registered_clients.h"
#include "identity/row.h"
#include "types/datetime.h"

namespace ashlar::app {
namespace {

using call::Code;
using json::Json;
using model::OperationKind;

std::string TimeOf(int64_t micros) { return types::FormatTimestamp(types::Timestamp{micros}); }

std::string DayOf(int64_t micros) { return micros == 0 ? "never" : TimeOf(micros).substr(0, 10); }

class Clients {
 public:
  Clients(const Runtime& runtime, Observer& observer) : runtime_(runtime), observer_(observer) {}

  OperatorAnswer List(const Json& request) {
    const bool takes = service().identity && service().identity->provider && service().identity->provider->registration;
    if (!takes) return Wrong("the contract lets no client register itself (identity.provider.registration)");
    const bool as_json = TextOf(request, "format") == "json";
    json::Array array;
    OperatorAnswer answer;
    call::Call list = CallOf(runtime_, service().client, OperationKind::kList);
    list.sort.push_back({"id", false});
    list.paging.per_page = client().page_max;
    for (bool more = true; more; ++list.paging.page) {
      auto found = RunOne(runtime_, list, observer_);
      if (!found) return Refused(found.error());
      for (size_t row = 0; row < found->rows.rows.size(); ++row) {
        const Seen seen{identity::ClientIn(service(), found->rows, row),
                        identity::MicrosIn(client(), found->rows, "createdAt", row),
                        identity::MicrosIn(client(), found->rows, "usedAt", row)};
        if (as_json) array.push_back(Shown(seen));
        if (!as_json) answer.out += Line(seen);
      }
      more = found->page->has_next;
    }
    if (as_json) answer.out = json::ToText(Json(std::move(array))) + "\n";
    return answer;
  }

  // The row first: from then on nobody gets tokens in its name, nor codes that are worth anything. What it holds ends
  // behind it; where that stops halfway, the same command goes on.
  OperatorAnswer Remove(const Json& request) {
    const std::string id = TextOf(request, "id");
    auto row = identity::RowIdOf(id);
    if (!row)
      return Wrong(fmt::format("'{}' is no client that registered itself: its id begins with 'registered.'", id));
    call::Call remove = CallOf(runtime_, service().client, OperationKind::kDelete);
    remove.id = *row;
    auto refused = RunTogether(runtime_, {remove}, observer_, {{identity::EventKind::kClientDeleted, "", id}});
    if (refused && refused->code != Code::kNotFound) return Refused(*refused);
    auto ended = EndSessions(id);
    if (!ended) return Refused(ended.error());
    auto forgotten = Forget(id);
    if (!forgotten) return Refused(forgotten.error());
    if (refused && *ended == 0 && *forgotten == 0) return Wrong(fmt::format("there is no client '{}'", id));
    return {0, fmt::format("{} removed, {} sessions ended\n", id, *ended), ""};
  }

 private:
  struct Seen {
    model::Client client;
    int64_t created_at = 0, used_at = 0;  // microseconds since 1970; 0: never
  };

  const model::Service& service() const { return *runtime_.service; }
  const model::Resource& client() const { return service().resource(service().client); }

  // The first page of those of the client, as what is done leaves it.
  call::Call Finding(model::ResourceId of, const std::string& id) const {
    call::Call list = CallOf(runtime_, of, OperationKind::kList);
    list.where.push_back({"clientId", {"clientId"}, call::Operator::kEq, {id}});
    list.sort.push_back({"id", false});
    list.paging.per_page = service().resource(of).page_max;
    list.paging.total = false;
    return list;
  }

  // How many; the User of each sees that it has ended, as of any.
  call::Answer<size_t> EndSessions(const std::string& id) {
    const model::Resource& session = service().resource(service().session);
    call::Call list = Finding(session.id, id);
    list.where.push_back({"endedAt", {"endedAt"}, call::Operator::kIsNull, {"true"}});
    list.where.push_back({"expiresAt", {"expiresAt"}, call::Operator::kGt, {TimeOf(SystemClock().NowMicros())}});
    for (size_t ended = 0;;) {
      auto found = RunOne(runtime_, list, observer_);
      if (!found) return std::unexpected(found.error());
      if (found->rows.rows.empty()) return ended;
      std::vector<call::Call> calls;
      std::vector<identity::Event> events;
      for (size_t row = 0; row < found->rows.rows.size(); ++row) {
        const std::string one = identity::IdIn(session, found->rows, "id", row);
        calls.push_back(CallOf(runtime_, session.id, OperationKind::kUpdate));
        calls.back().id = one;
        calls.back().body = MakeObject({{"endedAt", identity::TimeJson(SystemClock().NowMicros())}});
        events.push_back(
            {identity::EventKind::kSessionEnded, identity::IdIn(session, found->rows, "userId", row), one});
      }
      const size_t more = calls.size();
      auto refused = RunTogether(runtime_, std::move(calls), observer_, std::move(events));
      if (refused && refused->code == Code::kNotFound) continue;  // its User signed in elsewhere, and it made room
      if (refused) return std::unexpected(std::move(*refused));
      ended += more;
    }
  }

  call::Answer<size_t> Forget(const std::string& id) {
    const model::Resource& consent = service().resource(service().consent);
    for (size_t gone = 0;;) {
      auto found = RunOne(runtime_, Finding(consent.id, id), observer_);
      if (!found) return std::unexpected(found.error());
      if (found->rows.rows.empty()) return gone;
      for (size_t row = 0; row < found->rows.rows.size(); ++row) {
        call::Call remove = CallOf(runtime_, consent.id, OperationKind::kDelete);
        remove.id = identity::IdIn(consent, found->rows, "id", row);
        auto removed = RunOne(runtime_, remove, observer_);
        if (!removed && removed.error().code != Code::kNotFound) return std::unexpected(removed.error());
        ++gone;
      }
    }
  }

  static std::string Line(const Seen& seen) {
    const model::Client& client = seen.client;
    return fmt::format("{}  {}  {:<6}  registered {}  used {}  {}  {}\n", client.id,
                       client.secret ? "secret" : "public", client.stranger ? "open" : "token", DayOf(seen.created_at),
                       DayOf(seen.used_at),
                       client.redirects.empty() ? "-" : model::RedirectOriginOf(client.redirects[0]), client.name);
  }

  static Json Shown(const Seen& seen) {
    const model::Client& client = seen.client;
    return MakeObject({{"clientId", Json(client.id)},
                       {"name", Json(client.name)},
                       {"public", Json(!client.secret)},
                       {"byToken", Json(!client.stranger)},
                       {"redirectUris", MakeTexts(client.redirects)},
                       {"scopes", MakeTexts(client.scopes)},
                       {"registeredAt", Json(TimeOf(seen.created_at))},
                       {"usedAt", seen.used_at == 0 ? Json() : Json(TimeOf(seen.used_at))}});
  }

  const Runtime& runtime_;
  Observer& observer_;
};

}  // namespace

OperatorAnswer ExecuteClient(const Runtime& runtime, const Json& request, Observer& observer) {
  Clients clients(runtime, observer);
  const std::string what = TextOf(request, "what");
  if (what == "list") return clients.List(request);
  if (what == "remove") return clients.Remove(request);
  return Wrong(fmt::format("'client {}' is not supported by the server", what));
}

}  // namespace ashlar::app
