// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace ashlar::types {

// What a zone's clocks do behind the last change that its file lists: the POSIX TZ string at the file's end (RFC 9636,
// 3.3), as "CET-1CEST,M3.5.0,M10.5.0/3".
class ZoneRule {
 public:
  // Nothing if it is none.
  static std::optional<ZoneRule> Parse(std::string_view text);

  // How far the clocks are ahead of UTC at that moment, in seconds since 1970.
  int64_t OffsetSeconds(int64_t moment) const;

 private:
  friend class ZoneRuleReader;
  // A moment of every year, by the clocks that are changed then.
  struct Change {
    enum class Kind : uint8_t { kWeekday, kWithoutLeapDay, kWithLeapDay };
    Kind kind = Kind::kWeekday;
    int month = 1, week = 1;  // kWeekday: the week-th of the month, 5: the last
    int day = 0;  // kWeekday: 0 is Sunday; otherwise of the year, from 1 without and from 0 with leap day
    int64_t seconds = 0;  // behind midnight
    int64_t In(int year) const;  // seconds since 1970, as if the clocks showed UTC
  };
  int64_t standard_ = 0;  // seconds ahead of UTC
  bool changes_ = false;
  int64_t summer_ = 0;
  Change begins_, ends_;
};

}  // namespace ashlar::types
