// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>
#include <string_view>

#include "call/call.h"
#include "surface/auth/routes.h"

namespace ashlar::surface::auth {

// What is said of a route that cannot be read from its row.
struct Words {
  std::string_view method, path;
  std::string_view id, summary, description;
  std::string_view body;  // the names of schemas below; empty: none
  std::string_view data;
  int status = 200;
  std::string_view answer;
  std::initializer_list<call::Code> errors = {};
};

// Null if nothing is said of it, which a test sees to.
const Words* WordsOf(const Route& route);

}  // namespace ashlar::surface::auth
