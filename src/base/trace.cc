// SPDX-License-Identifier: Apache-2.0
#include "base/trace.h"

#include <bit>
#include <cstring>

#include "base/crypto/random.h"
#include "base/hex.h"

namespace ashlar {
namespace {

constexpr size_t kLength = 55;  // of version 00: "00-" 32 digits "-" 16 digits "-" 2 digits

// Lower-case digits alone; upper-case ones make a traceparent invalid.
template <size_t N>
bool ReadHex(std::string_view text, std::array<uint8_t, N>& out) {
  for (size_t i = 0; i < 2 * N; ++i) {
    int digit = text[i] >= 'A' && text[i] <= 'F' ? -1 : HexDigit(text[i]);
    if (digit < 0) return false;
    out[i / 2] = static_cast<uint8_t>(out[i / 2] << 4 | digit);
  }
  return true;
}

}  // namespace

std::optional<Trace> ParseTraceparent(std::string_view text) {
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  std::array<uint8_t, 1> version{}, flags{};
  Trace trace;
  bool sound = ReadHex(text, version) && ReadHex(text.substr(3), trace.trace_id) &&
               ReadHex(text.substr(36), trace.span_id) && ReadHex(text.substr(53), flags);
  if (!sound || version[0] == 0xff) return std::nullopt;
  if (text.size() > kLength && (version[0] == 0 || text[kLength] != '-')) return std::nullopt;
  if (!trace.begun() || trace.span_id == std::array<uint8_t, 8>{}) return std::nullopt;
  trace.flags = flags[0] & Trace::kSampled;
  return trace;
}

TraceIds::TraceIds() {
  std::array<uint8_t, sizeof state_> seed;
  RandomBytes(seed);
  seed[0] |= 1;  // the generator never leaves a state of zeros
  std::memcpy(state_.data(), seed.data(), sizeof state_);
}

// xoshiro256++ (Blackman, Vigna).
uint64_t TraceIds::Next() {
  auto& [a, b, c, d] = state_;
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

Trace TraceIds::Begin(const std::optional<Trace>& parent) {
  Trace trace = parent.value_or(Trace{});
  while (!trace.begun()) {
    uint64_t halves[2] = {Next(), Next()};
    std::memcpy(trace.trace_id.data(), halves, sizeof halves);
  }
  uint64_t span = 0;
  while (span == 0) span = Next();
  std::memcpy(trace.span_id.data(), &span, sizeof span);
  return trace;
}

}  // namespace ashlar
