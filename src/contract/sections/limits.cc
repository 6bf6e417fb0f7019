// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

using model::Limit;

constexpr int64_t kLongestFill = 366 * 86'400;  // seconds that an empty bucket may take to be full
constexpr std::string_view kMethods[] = {"*", "GET", "QUERY", "POST", "PUT", "PATCH", "DELETE"};

// "600/min" into its numbers.
bool ReadRate(std::string_view text, Limit& limit) {
  constexpr std::pair<std::string_view, int64_t> kUnits[] = {{"/s", 1}, {"/min", 60}, {"/h", 3600}, {"/d", 86'400}};
  const char* begin = text.data();
  const char* past = begin + text.size();
  auto [end, error] = std::from_chars(begin, past, limit.count);
  const bool number = error == std::errc() && *begin >= '1' && *begin <= '9' && limit.count <= Limit::kMostCount;
  if (!number) return false;
  for (auto [unit, seconds] : kUnits) {
    if (std::string_view(end, past) != unit) continue;
    limit.window_s = seconds;
    return true;
  }
  return false;
}

// Letters that paths have without an encoding, so that there is one way to write each.
bool IsLiteral(std::string_view text) {
  return !text.empty() && text != "." && text != ".." && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~").contains(c);
  });
}

bool IsSegment(std::string_view text) {
  if (text == "*") return true;
  if (text.starts_with('{') && text.ends_with('}')) return IsLiteral(text.substr(1, text.size() - 2));
  return IsLiteral(text);
}

// "POST /v1/orders/{id}" into its parts.
std::optional<model::LimitMatch> ReadMatch(std::string_view text) {
  const size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  model::LimitMatch match{std::string(text.substr(0, space)), {}};
  if (std::ranges::find(kMethods, match.method) == std::end(kMethods)) return std::nullopt;
  std::string_view path = text.substr(space + 1);
  if (path == "/") return match;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    std::string_view segment = path.substr(0, path.find('/'));
    if (!IsSegment(segment)) return std::nullopt;
    match.segments.emplace_back(segment);
    path.remove_prefix(segment.size());
  }
  if (!path.empty() || match.segments.empty()) return std::nullopt;
  return match;
}

void ReadBurst(const Members& members, Mistakes& mistakes, Limit& limit) {
  limit.burst = limit.count;
  auto burst = members.Whole("burst");
  if (!burst) return;
  const int64_t most = std::min(Limit::kMostCount, limit.count * (kLongestFill / limit.window_s));
  if (*burst < 1 || *burst > most) {
    mistakes.Add(members.Value("burst")->place, Problem::kPageRange, "burst", most);
  } else {
    limit.burst = *burst;
  }
}

void ReadPer(const Members& members, Mistakes& mistakes, Limit& limit) {
  const Node* per = members.Value("per");
  const Node* otherwise = members.Value("otherwise");
  if (otherwise != nullptr && otherwise->text != "ip") mistakes.Add(otherwise->place, Problem::kLimitOtherwise);
  limit.otherwise_ip = otherwise != nullptr;
  if (per == nullptr) return;
  if (per->text == "user") {
    limit.per = model::LimitPer::kUser;
  } else if (per->text == "key") {
    limit.per = model::LimitPer::kKey;
  } else if (per->text != "ip") {
    mistakes.Add(per->place, Problem::kLimitPer);
  } else if (otherwise != nullptr) {
    mistakes.Add(members.Find("otherwise")->place, Problem::kLimitAlways);
  }
}

void ReadFail(const Members& members, Mistakes& mistakes, Limit& limit) {
  const Node* fail = members.Value("fail");
  if (fail == nullptr) return;
  limit.fail_closed = fail->text == "closed";
  if (!limit.fail_closed && fail->text != "open") mistakes.Add(fail->place, Problem::kLimitFail);
}

}  // namespace

void ReadLimits(Draft& draft) {
  const Node* section = draft.top->Value("limits");
  if (section == nullptr) return;
  if (section->items.size() > Limit::kMost) {
    draft.mistakes.Add(section->items[Limit::kMost].place, Problem::kTooMany, int64_t{Limit::kMost}, "limits");
  }
  for (const Node& item : section->items) {
    Members members(item, LimitKeys(), "a limit", draft.mistakes);
    Limit limit;
    const Node* to = members.Value("to");
    const bool rated = to != nullptr && ReadRate(to->text, limit);
    if (to != nullptr && !rated) draft.mistakes.Add(to->place, Problem::kLimitRate, Limit::kMostCount);
    if (rated) {
      limit.to = to->text;
      ReadBurst(members, draft.mistakes, limit);
    }
    if (const Node* match = members.Value("match")) {
      limit.match = ReadMatch(match->text);
      if (!limit.match) draft.mistakes.Add(match->place, Problem::kLimitMatch);
    }
    ReadPer(members, draft.mistakes, limit);
    ReadFail(members, draft.mistakes, limit);
    draft.service->limits.push_back(std::move(limit));
  }
}

}  // namespace ashlar::contract
