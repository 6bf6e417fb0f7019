// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ashlar::store::postgres {

// Where a PostgreSQL server is, and who asks it.
struct Server {
  struct Place {
    std::string host;     // a name, an address, or the folder that a socket stands in
    std::string address;  // of a host that is not to be looked up; mostly empty
    std::string port;
    bool socket() const { return host.starts_with('/'); }
  };
  std::vector<Place> places;  // tried in this order
  // What else the URL says, by libpq's names, the password among it, and what is taken where it does not say so:
  //   sslmode: verify-full; prefer where all places are this machine
  //   sslrootcert: the authorities of the system, where sslmode verifies
  //   gssencmode: disable; application_name: ashlar; tcp_user_timeout: 10 s
  std::vector<std::pair<std::string, std::string>> parameters;
  int64_t connect_us = 2'000'000;  // for each place; connect_timeout=SECONDS in the URL

  // For logs: hosts and ports.
  std::string Shown() const;
};

// "postgres://[USER[:PASSWORD]@][HOST[:PORT]][,...][/DATABASE][?PARAMETER=VALUE&...]", or "postgresql://...", as libpq
// reads it (no host: the socket in /var/run/postgresql). kInvalid says what is wrong without repeating any of it.
Result<Server> ParseUrl(std::string_view url);

// Names and values as libpq's connect functions take them.
class Keywords {
 public:
  // Of one place. `address` is what its name leads to; empty: it needs none, or libpq is to look for it.
  Keywords(const Server& server, const Server::Place& place, std::string address);
  const char* const* names() const { return names_.data(); }
  const char* const* values() const { return values_.data(); }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
  std::vector<const char*> names_, values_;
};

}  // namespace ashlar::store::postgres
