// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "surface/oauth/handlers.h"

namespace ashlar::surface::oauth {

// Who asks.
enum class Asker : uint8_t {
  kProgram,  // gets JSON, and may be a page of an origin that CORS lets in
  kBrowser,  // gets pages, and is told of no other origin
};

// What body it has.
enum class Takes : uint8_t { kNothing, kForm, kJson };

// What a provider serves.
struct Route {
  std::string_view method;
  std::string_view path;
  Task<http::Response> (*handler)(Asked& asked);
  Asker asker = Asker::kProgram;
  Takes takes = Takes::kNothing;
  bool acts = false;  // though it is a GET, which has no HEAD then: what looks ahead of a browser must not use it up
  bool (*there)(const model::Provider& provider) = nullptr;  // null: always
};

struct Match {
  const Route* route = nullptr;  // null: the address takes other methods
  std::string_view path;         // empty: there is no such address
  std::string_view allow;        // methods of the address
  Asker asker = Asker::kProgram;
};
Match Find(const model::Provider& provider, std::string_view method, const std::vector<std::string>& segments);

// All that there is; those of one address stand together.
std::span<const Route> Routes();

}  // namespace ashlar::surface::oauth
