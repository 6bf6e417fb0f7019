// SPDX-License-Identifier: Apache-2.0
// `events`: what happened to accounts.
#include <algorithm>
#include <charconv>

#include "app/operator/users.h"
#include "identity/keeper.h"
#include "identity/row.h"
#include "types/datetime.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

using json::Json;
using model::OperationKind;

constexpr int64_t kMost = 10'000;

int64_t CountOf(const std::string& text) {
  int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return std::clamp<int64_t>(count, 1, kMost);
}

// The id of a user by id or address. One who is gone has an id all the same.
std::expected<std::string, OperatorAnswer> IdOf(const Runtime& runtime, const std::string& who, Observer& observer) {
  if (auto id = types::ParseUuid(who)) return types::FormatUuid(*id);
  auto user = FindUser(runtime, who, observer);
  if (!user) return std::unexpected(std::move(user.error()));
  return std::move(user->id);
}

std::string OrDash(const std::string& text) { return text.empty() ? "-" : text; }

class Table {
 public:
  Table(const model::Resource& event, const call::RowSet& rows) : event_(event), rows_(rows) {}

  std::string Line(size_t row) const {
    std::string line = fmt::format("{}  {:<29}  {:<36}  {:<15}  {:<36}  {}", Time(row), Text("kind", row),
                                   OrDash(identity::IdIn(event_, rows_, "userId", row)), OrDash(Text("address", row)),
                                   OrDash(Text("subject", row)), ByWhom(row));
    if (int64_t dropped = identity::NumberIn(event_, rows_, "dropped", row); dropped > 0) {
      line += fmt::format("  and {} before that were not kept", dropped);
    }
    return line + "\n";
  }

  Json Shown(size_t row) const {
    auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
    return MakeObject({{"time", Json(Time(row))},
                       {"kind", Json(Text("kind", row))},
                       {"userId", or_null(identity::IdIn(event_, rows_, "userId", row))},
                       {"subject", or_null(Text("subject", row))},
                       {"address", or_null(Text("address", row))},
                       {"agent", or_null(Text("agent", row))},
                       {"requestId", Json(Text("requestId", row))},
                       {"byOperator", Json(identity::FlagIn(event_, rows_, "byOperator", row))},
                       {"dropped", identity::NumberJson(identity::NumberIn(event_, rows_, "dropped", row))}});
  }

 private:
  std::string Text(std::string_view name, size_t row) const { return identity::TextIn(event_, rows_, name, row); }
  std::string Time(size_t row) const {
    return types::FormatTimestamp(types::Timestamp{identity::MicrosIn(event_, rows_, "createdAt", row)});
  }
  std::string ByWhom(size_t row) const {
    return identity::FlagIn(event_, rows_, "byOperator", row) ? "operator" : OrDash(Text("agent", row));
  }

  const model::Resource& event_;
  const call::RowSet& rows_;
};

}  // namespace

OperatorAnswer ExecuteEvents(const Runtime& runtime, const Json& request, Observer& observer) {
  const model::Resource& event = runtime.service->resource(runtime.service->event);
  call::Call list;
  list.operation = runtime.service->FindOperation(event.id, OperationKind::kList);
  list.sort.push_back({"id", true});
  list.paging.per_page = event.page_max;
  list.paging.total = false;
  if (const std::string who = TextOf(request, "who"); !who.empty()) {
    auto id = IdOf(runtime, who, observer);
    if (!id) return std::move(id.error());
    list.where.push_back({"user", {"userId"}, call::Operator::kEq, {*id}});
  }
  if (const std::string kind = TextOf(request, "kind"); !kind.empty()) {
    list.where.push_back({"kind", {"kind"}, call::Operator::kEq, {kind}});
  }
  const int64_t wanted = CountOf(TextOf(request, "last"));
  const bool as_json = TextOf(request, "format") == "json";
  json::Array array;
  std::vector<std::string> lines;
  for (bool more = true; more; ++list.paging.page) {
    auto found = RunOne(runtime, list, observer);
    if (!found) return Refused(found.error());
    const Table table(event, found->rows);
    for (size_t row = 0; row < found->rows.rows.size() && std::ssize(lines) + std::ssize(array) < wanted; ++row) {
      if (as_json) {
        array.push_back(table.Shown(row));
      } else {
        lines.push_back(table.Line(row));
      }
    }
    more = found->page->has_next && std::ssize(lines) + std::ssize(array) < wanted;
  }
  std::ranges::reverse(array);
  std::ranges::reverse(lines);
  if (as_json) return {0, json::ToText(Json(std::move(array))) + "\n", ""};
  return {0, fmt::format("{}", fmt::join(lines, "")), ""};
}

}  // namespace ashlar::app
