// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json/json.h"
#include "contract/mistake.h"

namespace ashlar::contract {

// A test of the access rules, as `tests` of a contract has it: somebody asks something of a store that holds these rows
// and no others. Names are those of the contract; ids may be short names that stand for uuids.
struct PolicyTest {
  struct Caller {
    bool anonymous = false;
    std::string kind = "user";
    std::string id;  // empty: left out
    std::string email;
    std::vector<std::string> roles, scopes;
    json::Json claims = json::Json(json::Object{});
  };
  struct Row {
    std::string resource;
    json::Json fields;  // an object
    Mistake at;
  };
  enum class Verdict : uint8_t { kAllow, kDeny, kHidden };
  struct Expected {
    Verdict verdict = Verdict::kAllow;
    // Of what is allowed: exactly these fields of the contract are shown, none of these, exactly these rows.
    std::optional<std::vector<std::string>> fields, without, rows;
  };

  Caller as;
  std::vector<Row> rows;
  std::string method, target;  // "GET", "/v1/orders/1"
  std::optional<json::Json> input;
  Expected expect;
  bool filled = false;  // the environment is in it: nothing of it may be shown
  // Where its parts stand, for a mistake to be told there.
  Mistake when_at, expect_at;
};

}  // namespace ashlar::contract
