// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace ashlar::call {

// What is said once the disk has failed. A store gives the words that stand here as the message of its kUnavailable,
// and no other message of a store is for callers.
inline constexpr std::string_view kStorageFailed =
    "the service's storage has failed: nothing can be changed until the service is started again, what is there can be "
    "read";
// To whom it failed just while it was kept.
inline constexpr std::string_view kStorageFailedMeanwhile =
    "the service's storage has failed: nothing can be changed until the service is started again, what is there can be "
    "read; whether this change was kept shows then";

// To whom the connection to a database was lost just while it kept a change.
inline constexpr std::string_view kOutcomeUnknown =
    "the connection to the database was lost while the change was being kept, and whether it was is not known: asked "
    "again under its Idempotency-Key it is made once, if it had one";

inline bool IsStorageFailed(std::string_view message) {
  return message == kStorageFailed || message == kStorageFailedMeanwhile;
}
inline bool IsForCallers(std::string_view message) { return IsStorageFailed(message) || message == kOutcomeUnknown; }

}  // namespace ashlar::call
