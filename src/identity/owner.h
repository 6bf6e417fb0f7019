// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <expected>
#include <string>
#include <string_view>

#include "identity/keeper.h"

namespace ashlar::identity {

// Whose an address is; nobody's where `id` is empty.
struct Owner {
  std::string id;
  std::string email;  // as it is kept: where mails go, whatever a client wrote
  bool verified = false;
  bool disabled = false;
  bool there() const { return !id.empty() && !disabled; }
};

// An address in the form in which it is kept and unique, or what is wrong with it, as the field `name`.
std::expected<std::string, call::ErrorDetail> FoldAddress(const Keeper& keeper, std::string_view name,
                                                          const std::string& address);
// REQUIRES: a folded address.
Task<call::Answer<Owner>> FindOwner(Keeper& keeper, Context& context, std::string address);
Task<call::Answer<Owner>> GetOwner(Keeper& keeper, Context& context, std::string user);

}  // namespace ashlar::identity
