// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace ashlar {

// Whether a document can be fetched from there: https, or http of this machine alone (127.0.0.1, [::1], localhost);
// with a host, and without a name, a password or a fragment.
bool IsFetchable(const std::string& url);
// Whether its host is an address, or localhost: who writes it knows where it leads.
bool NamesAddress(const std::string& url);

struct FetchOptions {
  bool private_addresses = false;  // may be asked, whatever names them
  std::string authorities;         // a PEM file; empty: the system's
  size_t bytes = 256 << 10;
  int64_t millis = 5000;  // of all of it
};

struct Fetched {
  std::string body;
  std::optional<int64_t> max_age_s;  // of Cache-Control, if it is there
};

// GETs a document, on the thread that calls: 200 or nothing, no redirects, no proxy, no credentials; http of this
// machine alone. Ends early once `ended` is true.
// kInvalid: not fetchable. kUnavailable: why it could not be had, without the URL. Thread safe.
Result<Fetched> Fetch(const std::string& url, const FetchOptions& options, const std::atomic<bool>& ended);

}  // namespace ashlar
