// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::redis {

// Where a Redis server is, and who asks it.
struct Server {
  std::string host;  // a name or an address; empty: `socket` is its path
  uint16_t port = 6379;
  std::string socket;
  bool tls = false;
  std::string user, password;  // empty: none
  int database = 0;

  // For logs: without what is secret.
  std::string Shown() const;
};

// "redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]", "rediss://..." (the same over TLS), or
// "unix://[[USER]:PASSWORD@]/PATH[?db=DATABASE]". User and password are percent-encoded. kInvalid says what is wrong
// without repeating any of it.
Result<Server> ParseUrl(std::string_view url);

}  // namespace ashlar::redis
