// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/service.h"

namespace ashlar::model {

// What a credential is narrowed to by its scopes: the most that its caller may do, whatever the rules say. A scope is
// written as `access` of a contract writes its keys, for everything or for one collection: "read", "orders:create".
// read is list, get and history; write is create, update, delete and restore; purge is given by none of them.
//
// Immutable; safe to share between threads.
class Bounds {
 public:
  // A scope of other words opens nothing here; rules may ask for it. Without scopes nothing is open.
  Bounds(const Service& service, std::span<const std::string> scopes);

  // Whether what such a rule opens is within.
  bool Opens(ResourceId resource, cel::ExprPtr Access::* rule) const;
  // The rules of a resource, false where they open what is not within.
  Access Narrowed(const Resource& resource) const;
  bool operator==(const Bounds&) const = default;

 private:
  std::vector<uint16_t> open_;  // by resource, a bit for each rule
};
using BoundsPtr = std::shared_ptr<const Bounds>;  // null: there are none

// Whether a scope is one of those that open something.
bool IsBound(const Service& service, std::string_view scope);
// The one of those that was probably meant, or empty.
std::string NearBound(const Service& service, std::string_view scope);
// Whether a text can be a scope at all: 1 to 64 letters, digits and ._:- (within what RFC 6749 lets scopes be made of).
bool IsScope(std::string_view text);

}  // namespace ashlar::model
