// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.h"
#include "call/call.h"
#include "surface/auth/asked.h"

namespace ashlar::surface::auth {

using Answer = call::Answer<http::Response>;
using Handler = Task<Answer> (*)(Asked& asked);

// Who may ask.
enum class Asker : uint8_t {
  kAnybody,  // no credential is looked at
  kUser,     // somebody who has signed in
};

// What can be asked below /auth.
struct Route {
  std::string_view method;
  std::string_view path;  // "/auth/sessions/{id}"
  Handler handler;
  Asker asker = Asker::kUser;
  bool body = false;  // takes one
  bool keys = false;  // taken from programs with an API key too
  bool (*there)(const model::Identity& identity) = nullptr;  // null: wherever there is an identity
  bool parameters = false;  // may have some
  bool acts = false;        // though it is a GET, which has no HEAD then: what looks ahead must not use it up
};

// Where a request goes.
struct Match {
  const Route* route = nullptr;  // null: the address takes other methods
  std::string_view path;         // "/auth/sessions/{id}"; empty: there is no such address
  std::string_view allow;        // methods of the address
};
Match Find(const model::Identity& identity, std::string_view method, const std::vector<std::string>& segments);

// All that there is; those of one address stand together.
std::span<const Route> Routes();

}  // namespace ashlar::surface::auth
