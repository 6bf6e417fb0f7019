// SPDX-License-Identifier: Apache-2.0
// Values as the product writes them, written by hand: each writes at `to` and returns where it ended.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ashlar::bench {

using Uuid = std::array<unsigned char, 16>;

inline constexpr size_t kUuidText = 36;
inline constexpr size_t kTimeText = 27;

char* PutText(char* to, std::string_view text);
char* PutNumber(char* to, int64_t number);
char* PutCents(char* to, int64_t cents);           // 12.34
char* PutUuid(char* to, const unsigned char* id);  // 16 bytes
char* PutTime(char* to, int64_t micros);           // 2026-11-29T12:00:00.000000Z
char* PutHex(char* to, uint64_t number);           // 16 digits
// In quotes and escaped; needs room for six times the text and two.
char* PutQuoted(char* to, std::string_view text);

std::optional<Uuid> ReadUuid(std::string_view text);
std::optional<int64_t> ReadTime(std::string_view text);  // 2026-11-29T12:00:00[.123456]Z
std::optional<int64_t> ReadCents(std::string_view text);
std::optional<int64_t> ReadNumber(std::string_view text);

// Of the day that so many microseconds since 1970 fall on, as HTTP wants it.
char* PutHttpDate(char* to, int64_t micros);

int64_t NowMicros();
uint64_t Chance();  // the next number of this thread's generator
Uuid NewUuid(int64_t micros);

}  // namespace ashlar::bench
