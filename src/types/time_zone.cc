// SPDX-License-Identifier: Apache-2.0
#include "types/time_zone.h"

#include <date/tz.h>

#include "types/datetime.h"

namespace ashlar::types {
namespace {

constexpr size_t kMaxName = 64;

}  // namespace

std::optional<TimeZone> TimeZone::Find(std::string_view name) {
  TimeZone zone;
  if (name == "UTC") return zone;
  if (name.empty() || name.size() > kMaxName) return std::nullopt;
  try {
    const date::time_zone* found = date::locate_zone(name);
    found->get_info(date::sys_seconds{});  // reads its file
    zone.zone_ = found;
    return zone;
  } catch (const std::exception&) {  // no such zone, or no database at all
    return std::nullopt;
  }
}

int64_t TimeZone::OffsetMicros(Timestamp moment) const {
  if (zone_ == nullptr) return 0;
  int64_t seconds = moment.micros / kMicrosPerSecond - (moment.micros % kMicrosPerSecond < 0 ? 1 : 0);
  date::sys_seconds at{std::chrono::seconds{seconds}};
  return static_cast<const date::time_zone*>(zone_)->get_info(at).offset.count() * kMicrosPerSecond;
}

}  // namespace ashlar::types
