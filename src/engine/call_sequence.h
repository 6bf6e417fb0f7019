// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <expected>
#include <optional>
#include <vector>

#include "call/call.h"
#include "call/outcome.h"

namespace ashlar::engine {

// Calls that one transaction does one behind the other, all or none. A later one may be made of what came of those
// before. Used by one thread at a time, mostly not its maker's; it may be asked for from the start again.
//   (Start (Next Answered)* Next)*
class CallSequence {
 public:
  virtual ~CallSequence() = default;
  // Begins (again) from the first call.
  virtual void Start() = 0;
  // The next call, valid until the one behind it is asked for; null: there is none any more. A refusal ends it all.
  virtual call::Answer<const call::Call*> Next() = 0;
  // What came of the call that Next gave last, which was done. Valid within this call alone.
  virtual void Answered(const call::Outcome& outcome) = 0;
  // Whether any of its calls writes.
  virtual bool writes() const = 0;
  // Whether any of its calls does nothing else but read.
  virtual bool reads() const = 0;
};

// What came of a sequence: of every call, in order.
struct Done {
  std::vector<call::Outcome> outcomes;
  bool replayed = false;  // nothing was done: it is what was answered before, under the same call::Once
};
// How a sequence is done. REQUIRES: `once` lives until the answer is there.
struct SequenceOptions {
  bool dry_run = false;              // everything but the commit; no use of `once`
  const call::Once* once = nullptr;  // null: each time that it is sent
};
// Why nothing of a sequence remains: by which of its calls, or by none of them.
struct Refused {
  std::optional<size_t> call;
  call::ApiError error;
};
using SequenceAnswer = std::expected<Done, Refused>;

}  // namespace ashlar::engine
