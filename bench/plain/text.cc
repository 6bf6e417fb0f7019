// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include <sys/random.h>
#include <time.h>

#include <bit>
#include <charconv>
#include <chrono>
#include <cstring>

namespace ashlar::bench {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr int64_t kMicrosPerDay = 86'400'000'000;

constexpr std::array<std::array<char, 2>, 256> kBytes = [] {
  std::array<std::array<char, 2>, 256> table{};
  for (size_t i = 0; i < 256; ++i) table[i] = {kHex[i >> 4], kHex[i & 15]};
  return table;
}();

constexpr std::array<std::array<char, 2>, 100> kPairs = [] {
  std::array<std::array<char, 2>, 100> table{};
  for (int i = 0; i < 100; ++i) {
    table[static_cast<size_t>(i)] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
  }
  return table;
}();

char* PutPair(char* to, int64_t number) {
  std::memcpy(to, kPairs[static_cast<size_t>(number)].data(), 2);
  return to + 2;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// -1 where they are no digits.
int Digits(std::string_view text, size_t from, size_t count) {
  int number = 0;
  for (size_t i = from; i < from + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    number = 10 * number + text[i] - '0';
  }
  return number;
}

std::array<uint64_t, 4> Seed() {
  std::array<uint64_t, 4> seed{1, 2, 3, 4};
  (void)!getrandom(seed.data(), sizeof seed, 0);
  seed[0] |= 1;
  return seed;
}

}  // namespace

char* PutText(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

char* PutNumber(char* to, int64_t number) { return std::to_chars(to, to + 20, number).ptr; }

char* PutCents(char* to, int64_t cents) {
  if (cents < 0) *to++ = '-';
  uint64_t amount = cents < 0 ? 0 - static_cast<uint64_t>(cents) : static_cast<uint64_t>(cents);
  to = std::to_chars(to, to + 20, amount / 100).ptr;
  *to++ = '.';
  return PutPair(to, static_cast<int64_t>(amount % 100));
}

char* PutUuid(char* to, const unsigned char* id) {
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    std::memcpy(to, kBytes[id[i]].data(), 2);
    to += 2;
  }
  return to;
}

char* PutTime(char* to, int64_t micros) {
  int64_t days = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0);
  int64_t rest = micros - days * kMicrosPerDay;
  std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  int year = static_cast<int>(date.year());
  to = PutPair(PutPair(to, year / 100), year % 100);
  *to++ = '-';
  to = PutPair(to, static_cast<unsigned>(date.month()));
  *to++ = '-';
  to = PutPair(to, static_cast<unsigned>(date.day()));
  *to++ = 'T';
  int64_t seconds = rest / 1'000'000;
  int64_t fraction = rest % 1'000'000;
  to = PutPair(to, seconds / 3600);
  *to++ = ':';
  to = PutPair(to, seconds / 60 % 60);
  *to++ = ':';
  to = PutPair(to, seconds % 60);
  *to++ = '.';
  to = PutPair(PutPair(PutPair(to, fraction / 10'000), fraction / 100 % 100), fraction % 100);
  *to++ = 'Z';
  return to;
}

char* PutHex(char* to, uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    std::memcpy(to, kBytes[number >> shift & 0xff].data(), 2);
    to += 2;
  }
  return to;
}

char* PutQuoted(char* to, std::string_view text) {
  *to++ = '"';
  for (char c : text) {
    if (c == '"' || c == '\\') {
      *to++ = '\\';
      *to++ = c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      to = PutText(to, "\\u00");
      std::memcpy(to, kBytes[static_cast<unsigned char>(c)].data(), 2);
      to += 2;
    } else {
      *to++ = c;
    }
  }
  *to++ = '"';
  return to;
}

std::optional<Uuid> ReadUuid(std::string_view text) {
  if (text.size() != kUuidText || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') {
    return std::nullopt;
  }
  Uuid id;
  for (size_t i = 0, at = 0; i < 16; ++i, at += 2) {
    if (text[at] == '-') ++at;
    int high = HexDigit(text[at]);
    int low = HexDigit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    id[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return id;
}

std::optional<int64_t> ReadTime(std::string_view text) {
  if (text.size() < 20 || text.size() > kTimeText || text.back() != 'Z' || text[4] != '-' || text[7] != '-' ||
      text[10] != 'T' || text[13] != ':' || text[16] != ':') {
    return std::nullopt;
  }
  int year = Digits(text, 0, 4), month = Digits(text, 5, 2), day = Digits(text, 8, 2);
  int hour = Digits(text, 11, 2), minute = Digits(text, 14, 2), second = Digits(text, 17, 2);
  std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  if (year < 0 || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return std::nullopt;
  }
  int64_t fraction = 0;
  if (text.size() > 20) {
    if (text[19] != '.' || text.size() == 21) return std::nullopt;
    int digits = Digits(text, 20, text.size() - 21);
    if (digits < 0) return std::nullopt;
    fraction = digits;
    for (size_t i = text.size() - 21; i < 6; ++i) fraction *= 10;
  }
  int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return days * kMicrosPerDay + (hour * 3600 + minute * 60 + second) * int64_t{1'000'000} + fraction;
}

std::optional<int64_t> ReadCents(std::string_view text) {
  size_t point = text.find('.');
  std::optional<int64_t> whole = ReadNumber(text.substr(0, point));
  if (!whole || *whole < 0 || *whole > 9'999'999'999) return std::nullopt;
  if (point == std::string_view::npos) return *whole * 100;
  std::string_view rest = text.substr(point + 1);
  if (rest.empty() || rest.size() > 2) return std::nullopt;
  int digits = Digits(rest, 0, rest.size());
  if (digits < 0) return std::nullopt;
  return *whole * 100 + (rest.size() == 1 ? 10 * digits : digits);
}

std::optional<int64_t> ReadNumber(std::string_view text) {
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

char* PutHttpDate(char* to, int64_t micros) {
  constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  std::chrono::sys_days day{std::chrono::days{micros / kMicrosPerDay}};
  std::chrono::year_month_day date{day};
  int64_t seconds = micros % kMicrosPerDay / 1'000'000;
  to = PutText(to, kDays.substr(3 * std::chrono::weekday(day).c_encoding(), 3));
  to = PutText(to, ", ");
  to = PutPair(to, static_cast<unsigned>(date.day()));
  *to++ = ' ';
  to = PutText(to, kMonths.substr(3 * (static_cast<unsigned>(date.month()) - 1), 3));
  *to++ = ' ';
  to = PutNumber(to, static_cast<int>(date.year()));
  *to++ = ' ';
  to = PutPair(to, seconds / 3600);
  *to++ = ':';
  to = PutPair(to, seconds / 60 % 60);
  *to++ = ':';
  to = PutPair(to, seconds % 60);
  return PutText(to, " GMT");
}

int64_t NowMicros() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * int64_t{1'000'000} + now.tv_nsec / 1000;
}

// xoshiro256++ (Blackman, Vigna).
uint64_t Chance() {
  thread_local std::array<uint64_t, 4> state = Seed();
  auto& [a, b, c, d] = state;
  uint64_t result = std::rotl(a + d, 23) + a;
  uint64_t shifted = b << 17;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  c ^= shifted;
  d = std::rotl(d, 45);
  return result;
}

Uuid NewUuid(int64_t micros) {
  uint64_t first = (static_cast<uint64_t>(micros / 1000) << 16 | 0x7000) | (Chance() & 0x0fff);
  uint64_t second = (Chance() & 0x3fff'ffff'ffff'ffff) | 0x8000'0000'0000'0000;
  Uuid id;
  for (size_t i = 0; i < 8; ++i) {
    id[i] = static_cast<unsigned char>(first >> (56 - 8 * i));
    id[8 + i] = static_cast<unsigned char>(second >> (56 - 8 * i));
  }
  return id;
}

}  // namespace ashlar::bench
