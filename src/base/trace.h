// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ashlar {

// Where a request stands in its trace (W3C Trace Context): the trace, and this process's own part of it.
struct Trace {
  std::array<uint8_t, 16> trace_id{};
  std::array<uint8_t, 8> span_id{};
  uint8_t flags = 0;
  bool operator==(const Trace&) const = default;

  static constexpr uint8_t kSampled = 1;
  // False for one that was never begun.
  bool begun() const { return trace_id != std::array<uint8_t, 16>{}; }
};

// Reads a `traceparent`: the caller's trace and span. Nothing where it is not as its version wants, or says nothing. Of
// a version later than 00 what is known is taken, as that version must have it.
std::optional<Trace> ParseTraceparent(std::string_view text);

// Makes ids, fast enough for every request. They name, and keep nothing secret. One thread's.
class TraceIds {
 public:
  TraceIds();
  // A span of its own in the parent's trace, or else in a new one, which nobody has asked to sample.
  Trace Begin(const std::optional<Trace>& parent);

 private:
  uint64_t Next();

  std::array<uint64_t, 4> state_;
};

}  // namespace ashlar
