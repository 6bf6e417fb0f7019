// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

// What is sent along. Secret.
struct Sending {
  std::string form;           // application/x-www-form-urlencoded: what is then POSTed; empty: it is a GET
  std::string authorization;  // the header's value; empty: there is none
};

struct Fetched {
  std::string body;
  std::optional<int64_t> max_age_s;  // of Cache-Control, if it is there
};

// Whether that is what an OAuth server calls an `error` (RFC 6749, 4.1.2.1 and 5.2), and short: it can be told.
bool IsErrorCode(std::string_view text);

// Gets a document, on the thread that calls: 200 or nothing, no redirects, no proxy, no credentials but those that are
// sent; http of this machine alone. Ends early once `ended` is true.
// kInvalid: not fetchable. kUnavailable: why it could not be had, without the URL; of the answer the status and the
// error code alone. Thread safe.
Result<Fetched> Fetch(const std::string& url, const FetchOptions& options, const std::atomic<bool>& ended,
                      const Sending& sending = {});

}  // namespace ashlar
