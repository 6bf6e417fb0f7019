// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "app/access/short_ids.h"
#include "call/call.h"
#include "call/caller.h"
#include "contract/policy.h"

namespace ashlar::app {

// What is in the store of a test: the operator's Calls that put it there, in an order in which rows refer to those
// before.
struct Fixture {
  struct Step {
    call::Call call;
    const contract::PolicyTest::Row* row = nullptr;  // null: a user who is made up
    std::string name;  // of that user
  };
  std::vector<Step> steps;
};

// Who asks where a test does not say.
inline constexpr std::string_view kSomebody = "somebody";
// An address that no mail ever goes to (RFC 2606).
std::string AddressOf(const std::string& id);

// The rows of the test, their required fields filled in as far as they can be made up; and every user whom the test
// names and does not give: the caller, and those whom rows and body (of `asked`) refer to. A row with `deletedAt` is
// deleted. REQUIRES: the test outlives it.
Fixture MakeFixture(const model::Service& service, const contract::PolicyTest& test, const call::Caller& caller,
                    const std::optional<json::Json>& body, const model::Resource& asked, ShortIds& ids);

}  // namespace ashlar::app
