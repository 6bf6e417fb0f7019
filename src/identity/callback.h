// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ashlar::identity {

// What a browser brings back from a provider (RFC 6749, 4.1.2; RFC 9207). Nothing of it is believed yet.
struct Callback {
  std::string state;
  std::string code;  // empty: the provider refused
  std::string error;  // its code; empty: there is none, or it has another form
  std::optional<std::string> issuer;
};

// Nothing unless there is one state and either one code or one error; what else a provider adds is passed over. Of the
// provider's own words the error code alone is kept.
std::optional<Callback> ReadCallback(const std::vector<std::pair<std::string, std::string>>& query);

}  // namespace ashlar::identity
