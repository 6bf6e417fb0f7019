// SPDX-License-Identifier: Apache-2.0
#include "types/zone_rule.h"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace ashlar::types {
namespace {

constexpr int64_t kHour = 3600;
constexpr int64_t kDay = 24 * kHour;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

// Reads such a text from its front to its end; each part is false where it is not there.
class ZoneRuleReader {
 public:
  explicit ZoneRuleReader(std::string_view text) : rest_(text) {}

  // std offset [dst [offset] , change , change]
  bool Read(ZoneRule& rule) {
    if (!Name() || !Time(24, rule.standard_)) return false;
    rule.standard_ = -rule.standard_;  // POSIX counts to the west
    if (rest_.empty()) return true;
    rule.changes_ = true;
    rule.summer_ = rule.standard_ + kHour;
    if (!Name()) return false;
    if (!rest_.empty() && rest_[0] != ',') {
      if (!Time(24, rule.summer_)) return false;
      rule.summer_ = -rule.summer_;
    }
    return Take(',') && ReadChange(rule.begins_) && Take(',') && ReadChange(rule.ends_) && rest_.empty();
  }

 private:
  bool Take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // "CET", or "<+01>"
  bool Name() {
    bool quoted = Take('<');
    size_t size = 0;
    while (size < rest_.size() &&
           (IsLetter(rest_[size]) || (quoted && (IsDigit(rest_[size]) || rest_[size] == '+' || rest_[size] == '-')))) {
      ++size;
    }
    rest_.remove_prefix(size);
    return size >= 3 && (!quoted || Take('>'));
  }

  bool Number(int least, int most, int& value) {
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || !IsDigit(rest_[0]) || value < least || value > most) return false;
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return true;
  }

  // [+-]hh[:mm[:ss]]
  bool Time(int most_hours, int64_t& seconds) {
    const int64_t sign = Take('-') ? -1 : 1;
    if (sign > 0) Take('+');
    int hours = 0, minutes = 0, more = 0;
    if (!Number(0, most_hours, hours)) return false;
    if (Take(':') && !Number(0, 59, minutes)) return false;
    if (Take(':') && !Number(0, 59, more)) return false;
    seconds = sign * (hours * kHour + minutes * 60 + more);
    return true;
  }

  // Mm.w.d, Jn or n, each with /time
  bool ReadChange(ZoneRule::Change& change) {
    using Kind = ZoneRule::Change::Kind;
    bool read = false;
    if (Take('M')) {
      read = Number(1, 12, change.month) && Take('.') && Number(1, 5, change.week) && Take('.') &&
             Number(0, 6, change.day);
    } else {
      change.kind = Take('J') ? Kind::kWithoutLeapDay : Kind::kWithLeapDay;
      read = change.kind == Kind::kWithoutLeapDay ? Number(1, 365, change.day) : Number(0, 365, change.day);
    }
    change.seconds = 2 * kHour;
    return read && (!Take('/') || Time(167, change.seconds));
  }

  std::string_view rest_;
};

std::optional<ZoneRule> ZoneRule::Parse(std::string_view text) {
  ZoneRule rule;
  if (!ZoneRuleReader(text).Read(rule)) return std::nullopt;
  return rule;
}

int64_t ZoneRule::Change::In(int in_year) const {
  using namespace std::chrono;
  const std::chrono::year year{in_year};
  sys_days at = year / January / 1;
  switch (kind) {
    case Kind::kWeekday: {
      const std::chrono::weekday weekday{static_cast<unsigned>(day)};
      const auto in = year / std::chrono::month{static_cast<unsigned>(month)};
      at = week == 5 ? sys_days(in / weekday[last]) : sys_days(in / weekday[static_cast<unsigned>(week)]);
      break;
    }
    case Kind::kWithoutLeapDay: at += days{day - 1 + (year.is_leap() && day >= 60 ? 1 : 0)}; break;
    case Kind::kWithLeapDay: at += days{day}; break;
  }
  return int64_t{at.time_since_epoch().count()} * kDay + seconds;
}

int64_t ZoneRule::OffsetSeconds(int64_t moment) const {
  using namespace std::chrono;
  if (!changes_) return standard_;
  const year_month_day day{floor<days>(sys_seconds{seconds{moment + standard_}})};
  const int64_t begins = begins_.In(static_cast<int>(day.year())) - standard_;
  const int64_t ends = ends_.In(static_cast<int>(day.year())) - summer_;
  const bool summer = begins < ends ? moment >= begins && moment < ends : moment >= begins || moment < ends;
  return summer ? summer_ : standard_;
}

}  // namespace ashlar::types
