// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "call/storage.h"
#include "types/rows.h"
#include "types/value.h"

namespace ashlar::store::postgres {

// One statement: its text with `$1`, `$2`, ... for the parameters. What it views must live until the answer is there.
struct Ask {
  std::string_view sql;
  std::span<const types::Value> parameters = {};
  size_t columns = 0;  // that its rows have; 0: only how many rows it touched is asked for
  bool measures = false;  // NaN is a number that does not fit: an empty text (plan::Aggregate)
};

// What the server says against a statement. The message is its primary one alone: details quote rows.
struct Trouble {
  std::string state;  // SQLSTATE: "23505"
  std::string constraint;
  std::string table;
  std::string message;
  bool operator==(const Trouble&) const = default;
};

// Rows, how many rows were touched, or Trouble.
using Reply = std::variant<types::Rows, int64_t, Trouble>;
// One for each statement, in order. The first Trouble is the last reply: the server passes over the rest, and nothing
// of the batch remains, where no transaction was open before it. It comes behind the replies to all statements where
// only the end of the transaction shows it (constraints that are deferred).
using Replies = std::vector<Reply>;

inline const Trouble* TroubleIn(const Replies& replies) {
  return replies.empty() ? nullptr : std::get_if<Trouble>(&replies.back());
}

// What a batch is, as far as that decides what may be done with it when it comes to nothing.
enum class Effect : uint8_t {
  kReads,    // changes nothing, outside of a transaction: may be run again
  kWrites,   // inside a transaction that another batch will commit: nothing remains of it without that
  kCommits,  // may leave something behind by itself: it holds a COMMIT, or writes outside of a transaction
};

// The message of the kUnavailable that ends a kCommits of which nobody knows whether it was kept. Other kUnavailable
// and kTimeout say that nothing of it remains. kTooLarge and kInternal are about what came back, and what it was to
// keep is kept.
using call::kOutcomeUnknown;

}  // namespace ashlar::store::postgres
