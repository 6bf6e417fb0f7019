// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::surface::auth {

// What can be asked below /auth.
enum class Action : uint8_t {
  kRegister,
  kLogin,
  kRefresh,
  kLogout,
  kListSessions,
  kEndSession,
  kMe,
  kChangePassword,
};
// Whether it is asked by somebody who has signed in.
bool NeedsUser(Action action);
bool TakesBody(Action action);

// Where a request goes.
struct Match {
  std::optional<Action> action;
  std::string_view route;  // "/auth/sessions/{id}"; empty: there is no such address
  std::string_view allow;  // methods of the address
};
Match Find(std::string_view method, const std::vector<std::string>& segments);

// Of all that is there.
std::span<const std::string_view> Routes();

}  // namespace ashlar::surface::auth
