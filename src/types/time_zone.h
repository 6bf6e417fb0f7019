// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "types/value.h"
#include "types/zone_rule.h"

namespace ashlar::types {

// A time zone of the IANA database as the system has it (/usr/share/zoneinfo): the changes that its file lists, mostly
// until 2037, then its rule for all years. Cheap to copy; safe to share.
class TimeZone {
 public:
  TimeZone() = default;  // UTC
  // By its name, "Europe/Berlin"; nothing if the system knows none of that name.
  static std::optional<TimeZone> Find(std::string_view name);

  // How far its clocks are ahead of UTC at that moment.
  int64_t OffsetMicros(Timestamp moment) const;

 private:
  const void* zone_ = nullptr;  // the library's, which lives as long as the process; null: UTC
  std::optional<ZoneRule> rule_;
};

}  // namespace ashlar::types
