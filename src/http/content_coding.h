// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/message.h"

namespace ashlar::http {

// What a body can be sent as (RFC 9110, 8.4.1): the closed set that this server writes.
enum class ContentCoding : uint8_t { kIdentity, kGzip, kBrotli, kZstd };
inline constexpr size_t kContentCodings = 4;

// "gzip", as it stands in Content-Encoding.
std::string_view NameOf(ContentCoding coding);
// All but identity; of those that are wanted alike, the first is the best.
std::span<const ContentCoding> CodingsByMerit();

// Which of them a request takes, by its Accept-Encoding (RFC 9110, 12.5.3).
class AcceptedCodings {
 public:
  // Without the field: identity alone, as who does not ask for a coding mostly cannot read it.
  static AcceptedCodings Of(const Request& request);

  bool Takes(ContentCoding coding) const { return weights_[static_cast<size_t>(coding)] > 0; }
  // None of the set: what is sent all the same is sent as it is.
  bool TakesNothing() const;
  // The one that is wanted most; identity where it is wanted more than each of the others, or nothing is taken.
  ContentCoding Best() const;

 private:
  using Weights = std::array<int, kContentCodings>;  // thousandths; kUnsaid: not named
  static constexpr int kUnsaid = -1;

  static void Read(std::string_view value, Weights& said, int& others);

  Weights weights_{};
};

}  // namespace ashlar::http
