// SPDX-License-Identifier: Apache-2.0
#include "contract/names_form.h"
#include "contract/scalar.h"
#include "contract/sections/sections.h"
#include "types/datetime.h"

namespace ashlar::contract {
namespace {

// The first segments of addresses that a service has or will have beside its resources.
constexpr std::string_view kRoots[] = {"auth", "docs", "graphql", "health", "metrics", "oauth", "console"};

bool IsVersion(std::string_view text) { return HasForm(text, {.first = kLower, .rest = kLower | kDigit, .most = 16}); }

}  // namespace

void ReadService(Draft& draft) {
  model::Service& service = *draft.service;
  const Members& top = *draft.top;
  if (const Node* name = top.Value("service")) {
    if (!HasForm(name->text, {.first = kLower, .rest = kLower | kDigit | kHyphen, .most = 63})) {
      draft.mistakes.Add(name->place, Problem::kServiceName);
    }
    service.name = name->text;
  }
  if (const Node* version = top.Value("version")) {
    service.version = version->text;
    if (!IsVersion(version->text)) {
      draft.mistakes.Add(version->place, Problem::kVersionForm);
    } else if (std::ranges::find(kRoots, version->text) != std::end(kRoots)) {
      draft.mistakes.Add(version->place, Problem::kVersionTaken, version->Shown());
    }
  }
  service.title = top.Text("title");
  service.description = top.Text("description");
}

std::optional<model::Deprecation> ReadDeprecated(const Node* node, Mistakes& mistakes) {
  if (node == nullptr) return std::nullopt;
  if (!node->is_mapping()) return ToBool(*node).value_or(false) ? std::optional(model::Deprecation{}) : std::nullopt;
  Members members(*node, DeprecatedKeys(), "'deprecated'", mistakes);
  for (std::string_view key : {"since", "sunset"}) {
    const Node* date = members.Value(key);
    if (date != nullptr && !types::ParseDate(date->text)) mistakes.Add(date->place, Problem::kDate, key);
  }
  return model::Deprecation{members.Text("since"), members.Text("sunset"), members.Text("use")};
}

}  // namespace ashlar::contract
