// SPDX-License-Identifier: Apache-2.0
#include "types/time_zone.h"

#include <date/tz.h>

#include <fstream>

#include "types/datetime.h"

namespace ashlar::types {
namespace {

constexpr size_t kMaxName = 64;
constexpr std::string_view kDatabase = "/usr/share/zoneinfo/";
constexpr std::streamoff kLongestRule = 128;
constexpr int64_t kNoChange = int64_t{10'000} * 366 * 86'400;  // seconds; the library's end of all time lies behind it

// What lies beside the zones: the system's own choice, a template, copies, and a zone that says that none was chosen.
bool IsNoZone(std::string_view name) {
  bool beside = !name.empty() && name[0] >= 'a' && name[0] <= 'z';  // localtime, posixrules, posix/, right/
  return beside || name == "Factory";
}

// The rule at the end of a zone's file; nothing where the file has none that can be read.
std::optional<ZoneRule> ReadRule(std::string_view name) {
  std::ifstream file(std::string(kDatabase) + std::string(name), std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? std::streamoff(file.tellg()) : 0;
  if (size <= 0) return std::nullopt;
  std::string end(static_cast<size_t>(std::min(size, kLongestRule)), '\0');
  file.seekg(size - static_cast<std::streamoff>(end.size()));
  file.read(end.data(), static_cast<std::streamsize>(end.size()));
  if (!file || !end.ends_with('\n')) return std::nullopt;
  end.pop_back();
  return ZoneRule::Parse(std::string_view(end).substr(end.rfind('\n') + 1));
}

}  // namespace

std::optional<TimeZone> TimeZone::Find(std::string_view name) {
  TimeZone zone;
  if (name == "UTC") return zone;
  if (name.empty() || name.size() > kMaxName || IsNoZone(name)) return std::nullopt;
  try {
    const date::time_zone* found = date::locate_zone(name);
    found->get_info(date::sys_seconds{});  // reads its file
    zone.zone_ = found;
    zone.rule_ = ReadRule(name);
    return zone;
  } catch (const std::exception&) {  // no such zone, or no database at all
    return std::nullopt;
  }
}

int64_t TimeZone::OffsetMicros(Timestamp moment) const {
  if (zone_ == nullptr) return 0;
  int64_t seconds = moment.micros / kMicrosPerSecond - (moment.micros % kMicrosPerSecond < 0 ? 1 : 0);
  date::sys_seconds at{std::chrono::seconds{seconds}};
  const date::sys_info info = static_cast<const date::time_zone*>(zone_)->get_info(at);
  const bool listed = info.end.time_since_epoch().count() < kNoChange;
  return (listed || !rule_ ? info.offset.count() : rule_->OffsetSeconds(seconds)) * kMicrosPerSecond;
}

}  // namespace ashlar::types
