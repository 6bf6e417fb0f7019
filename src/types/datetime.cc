// SPDX-License-Identifier: Apache-2.0
#include "types/datetime.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace ashlar::types {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes exactly `count` digits off the front.
std::optional<int> TakeNumber(std::string_view& text, size_t count) {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  for (char c : text.substr(0, count)) {
    if (!IsDigit(c)) return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool TakeChar(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// Writes a number in that many digits, which are even; both formats are written with every request.
void PutNumber(uint32_t number, size_t digits, char* out) {
  for (; digits > 0; number /= 100) {
    digits -= 2;
    std::memcpy(out + digits, kPairs.data() + 2 * (number % 100), 2);
  }
}

void PutDate(Date date, char* out) {
  CivilDay day = ToCivil(date);
  PutNumber(static_cast<uint32_t>(day.year), 4, out);
  PutNumber(static_cast<uint32_t>(day.month), 2, out + 5);
  PutNumber(static_cast<uint32_t>(day.day), 2, out + 8);
}

bool IsLeap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysIn(int year, int month) {
  if (month == 2) return IsLeap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

std::optional<Date> TakeDate(std::string_view& text) {
  auto year = TakeNumber(text, 4);
  if (!year || !TakeChar(text, '-')) return std::nullopt;
  auto month = TakeNumber(text, 2);
  if (!month || !TakeChar(text, '-')) return std::nullopt;
  auto day = TakeNumber(text, 2);
  if (!day || *year < 1 || *month < 1 || *month > 12 || *day < 1 || *day > DaysIn(*year, *month)) return std::nullopt;
  return FromCivil({*year, *month, *day});
}

// The digits behind a point as microseconds. REQUIRES: the point is taken.
std::expected<int64_t, TimeFault> TakeFraction(std::string_view& text) {
  int64_t micros = 0;
  size_t count = 0;
  for (; count < text.size() && IsDigit(text[count]); ++count) {
    if (count < 6) micros = micros * 10 + (text[count] - '0');
  }
  if (count == 0) return std::unexpected(TimeFault::kForm);
  text.remove_prefix(count);
  if (count > 6) return std::unexpected(TimeFault::kPrecision);
  for (; count < 6; ++count) micros *= 10;
  return micros;
}

// hh:mm:ss[.ffffff] as microseconds of the day.
std::expected<int64_t, TimeFault> TakeTime(std::string_view& text) {
  auto hour = TakeNumber(text, 2);
  if (!hour || !TakeChar(text, ':')) return std::unexpected(TimeFault::kForm);
  auto minute = TakeNumber(text, 2);
  if (!minute || !TakeChar(text, ':')) return std::unexpected(TimeFault::kForm);
  auto second = TakeNumber(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::unexpected(TimeFault::kForm);
  int64_t micros = ((*hour * 60LL + *minute) * 60 + *second) * kMicrosPerSecond;
  if (!TakeChar(text, '.')) return micros;
  auto fraction = TakeFraction(text);
  if (!fraction) return fraction;
  return micros + *fraction;
}

// Z, or +hh:mm, or -hh:mm, to the end, as microseconds east of UTC.
std::optional<int64_t> ReadOffset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  bool west = TakeChar(text, '-');
  if (!west && !TakeChar(text, '+')) return std::nullopt;
  auto hour = TakeNumber(text, 2);
  if (!hour || !TakeChar(text, ':')) return std::nullopt;
  auto minute = TakeNumber(text, 2);
  if (!minute || !text.empty() || *hour > 23 || *minute > 59) return std::nullopt;
  int64_t micros = (*hour * 60LL + *minute) * 60 * kMicrosPerSecond;
  return west ? -micros : micros;
}

// A number of any length, but never above `kLongestDuration` by much.
std::optional<int64_t> TakeCount(std::string_view& text) {
  constexpr int64_t kEnough = 1'000'000'000'000;
  if (text.empty() || !IsDigit(text.front())) return std::nullopt;
  int64_t count = 0;
  while (!text.empty() && IsDigit(text.front())) {
    count = std::min(kEnough, count * 10 + (text.front() - '0'));
    text.remove_prefix(1);
  }
  return count;
}

struct Unit {
  char letter;
  int64_t seconds;
};
constexpr Unit kDayUnits[] = {{'W', 7 * 86'400}, {'D', 86'400}};
constexpr Unit kTimeUnits[] = {{'H', 3600}, {'M', 60}, {'S', 1}};

// Adds up the parts of a duration.
class Sum {
 public:
  void Add(int64_t count, int64_t seconds, int64_t micros) {
    // Below 10^12 * 604,800 * 10^6 for each of five parts.
    total_ += static_cast<__int128>(count) * seconds * kMicrosPerSecond + micros;
  }
  std::expected<Duration, TimeFault> Take(bool negative) const {
    if (total_ > kLongestDuration.micros) return std::unexpected(TimeFault::kRange);
    auto micros = static_cast<int64_t>(total_);
    return Duration{negative ? -micros : micros};
  }

 private:
  __int128 total_ = 0;
};

// Takes the parts that `units` name, in their order, until none is left or a T follows. How many.
std::expected<int, TimeFault> TakeParts(std::string_view& text, std::span<const Unit> units, Sum& sum) {
  int parts = 0;
  size_t next = 0;
  while (!text.empty() && text.front() != 'T') {
    auto count = TakeCount(text);
    if (!count) return std::unexpected(TimeFault::kForm);
    int64_t micros = 0;
    bool fraction = TakeChar(text, '.');
    if (fraction) {
      auto read = TakeFraction(text);
      if (!read) return std::unexpected(read.error());
      micros = *read;
    }
    while (next < units.size() && !text.starts_with(units[next].letter)) ++next;
    if (next == units.size() || (fraction && units[next].letter != 'S')) return std::unexpected(TimeFault::kForm);
    text.remove_prefix(1);
    sum.Add(*count, units[next++].seconds, micros);
    ++parts;
  }
  return parts;
}

}  // namespace

// Days since 1970-01-01 by eras of 400 years that begin with March (Howard Hinnant, "chrono-compatible low-level date
// algorithms").
Date FromCivil(CivilDay day) {
  int year = day.month <= 2 ? day.year - 1 : day.year;
  int era = (year >= 0 ? year : year - 399) / 400;
  int year_of_era = year - era * 400;
  int day_of_year = (153 * (day.month + (day.month > 2 ? -3 : 9)) + 2) / 5 + day.day - 1;
  int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return {era * 146'097 + day_of_era - 719'468};
}

CivilDay ToCivil(Date date) {
  int shifted = date.days + 719'468;
  int era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  int day_of_era = shifted - era * 146'097;
  int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int shifted_month = (5 * day_of_year + 2) / 153;
  int month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

std::optional<Date> ParseDate(std::string_view text) {
  std::optional<Date> date = TakeDate(text);
  return text.empty() ? date : std::nullopt;
}

std::expected<Timestamp, TimeFault> ParseTimestamp(std::string_view text) {
  std::optional<Date> date = TakeDate(text);
  if (!date || (!TakeChar(text, 'T') && !TakeChar(text, 't'))) return std::unexpected(TimeFault::kForm);
  auto time = TakeTime(text);
  // What is finer than we keep must still be right in all the rest.
  if (!time && time.error() != TimeFault::kPrecision) return std::unexpected(time.error());
  std::optional<int64_t> offset = ReadOffset(text);
  if (!offset) return std::unexpected(TimeFault::kForm);
  if (!time) return std::unexpected(time.error());
  Timestamp timestamp{date->days * kMicrosPerDay + *time - *offset};
  if (timestamp < kFirstTimestamp || timestamp > kLastTimestamp) return std::unexpected(TimeFault::kRange);
  return timestamp;
}

std::expected<Duration, TimeFault> ParseDuration(std::string_view text) {
  bool negative = TakeChar(text, '-');
  if (!TakeChar(text, 'P')) return std::unexpected(TimeFault::kForm);
  Sum sum;
  auto days = TakeParts(text, kDayUnits, sum);
  if (!days) return std::unexpected(days.error());
  bool has_time = TakeChar(text, 'T');
  auto times = TakeParts(text, has_time ? std::span<const Unit>(kTimeUnits) : std::span<const Unit>(), sum);
  if (!times) return std::unexpected(times.error());
  if (!text.empty() || (has_time ? *times == 0 : *days == 0)) return std::unexpected(TimeFault::kForm);
  return sum.Take(negative);
}

std::string FormatDate(Date date) {
  std::string text = "0000-00-00";
  PutDate(date, text.data());
  return text;
}

void FormatTimestamp(Timestamp timestamp, char* out) {
  std::memcpy(out, "0000-00-00T00:00:00.000000Z", kTimestampLength);
  int64_t of_day = timestamp.micros % kMicrosPerDay;
  if (of_day < 0) of_day += kMicrosPerDay;
  auto seconds = static_cast<uint32_t>(of_day / kMicrosPerSecond);
  PutDate({static_cast<int32_t>((timestamp.micros - of_day) / kMicrosPerDay)}, out);
  PutNumber(seconds / 3600, 2, out + 11);
  PutNumber(seconds / 60 % 60, 2, out + 14);
  PutNumber(seconds % 60, 2, out + 17);
  PutNumber(static_cast<uint32_t>(of_day % kMicrosPerSecond), 6, out + 20);
}

std::string FormatTimestamp(Timestamp timestamp) {
  std::string text(kTimestampLength, ' ');
  FormatTimestamp(timestamp, text.data());
  return text;
}

std::string FormatDuration(Duration duration) {
  auto rest = static_cast<uint64_t>(duration.micros);
  if (duration.micros < 0) rest = 0 - rest;
  uint64_t micros = rest % kMicrosPerSecond;
  uint64_t seconds = rest / kMicrosPerSecond;
  std::string text = duration.micros < 0 ? "-P" : "P";
  if (seconds >= 86'400) text += fmt::format("{}D", seconds / 86'400);
  std::string time;
  if (uint64_t hours = seconds / 3600 % 24; hours != 0) time += fmt::format("{}H", hours);
  if (uint64_t minutes = seconds / 60 % 60; minutes != 0) time += fmt::format("{}M", minutes);
  if (micros != 0) {
    std::string fraction = fmt::format("{:06}", micros);
    fraction.resize(fraction.find_last_not_of('0') + 1);
    time += fmt::format("{}.{}S", seconds % 60, fraction);
  } else if (seconds % 60 != 0 || rest == 0) {
    time += fmt::format("{}S", seconds % 60);
  }
  if (!time.empty()) text += "T" + time;
  return text;
}

std::string FormatHttpDate(Date date) {
  constexpr const char* kDays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};  // 1970-01-01 was a Thursday
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  CivilDay day = ToCivil(date);
  int weekday = ((date.days % 7) + 7) % 7;
  return fmt::format("{}, {:02} {} {:04} 00:00:00 GMT", kDays[weekday], day.day, kMonths[day.month - 1], day.year);
}

}  // namespace ashlar::types
