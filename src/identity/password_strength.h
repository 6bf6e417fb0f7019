// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>

namespace ashlar::identity {

// How hard a password is to guess, as zxcvbn scores it: by the guesses that it takes whoever tries words, names, dates,
// keys that lie side by side, and what repeats. 0: below 10^3, 1: 10^6, 2: 10^8, 3: 10^10, 4: more. `words` are those
// that are tried first for this user; letters of either case are one. What stands behind its first hundred bytes counts
// for little. Takes up to milliseconds: not for a loop. Thread safe.
int StrengthOf(const std::string& password, std::span<const std::string> words);

}  // namespace ashlar::identity
