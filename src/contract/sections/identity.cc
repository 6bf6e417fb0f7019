// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "contract/scalar.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

constexpr int64_t kDay = 86'400;
constexpr int64_t kLeastLength = 8, kMostLength = 64;
constexpr int64_t kMostStrength = 4;

void ReadTime(const Members& members, std::string_view key, int64_t most_days, int64_t& seconds, Mistakes& mistakes) {
  const Node* node = members.Value(key);
  if (node == nullptr) return;
  if (auto read = ParseSeconds(node->text, most_days * kDay)) {
    seconds = *read;
  } else {
    mistakes.Add(node->place, Problem::kTimeRange, key, fmt::format("{}d", most_days));
  }
}

void ReadPassword(const Node& password, model::Identity& identity, Mistakes& mistakes) {
  Members parts(password, PasswordKeys(), "'password'", mistakes);
  auto read = [&](std::string_view key, int64_t least, int64_t most, int64_t& into) {
    auto number = parts.Whole(key);
    if (!number) return;
    into = *number;
    if (into < least || into > most) {
      mistakes.Add(parts.Value(key)->place, Problem::kLengthRange, key, least, most);
    }
  };
  read("minLength", kLeastLength, kMostLength, identity.least_password);
  read("strength", 0, kMostStrength, identity.least_strength);
  const Node* breached = parts.Value("breached");
  if (breached == nullptr) return;
  if (breached->text.empty()) {
    mistakes.Add(breached->place, Problem::kWrongShape, "breached", "the path of a file");
    return;
  }
  const std::filesystem::path folder = std::filesystem::path(mistakes.path(breached->place.source)).parent_path();
  identity.breached_passwords = (folder / breached->text).lexically_normal().string();
}

}  // namespace

void ReadIdentity(Draft& draft) {
  const Node* section = draft.top->Value("identity");
  if (section == nullptr) return;
  model::Identity& identity = draft.service->identity.emplace();
  Members members(*section, IdentityKeys(), "'identity'", draft.mistakes);
  if (const Node* registers = members.Value("register")) {
    identity.registers = registers->text == "open";
    if (registers->text == "invite") {
      draft.mistakes.Add(registers->place, Problem::kUnsupported, registers->Shown());
    } else if (!identity.registers && registers->text != "off") {
      draft.mistakes.Add(registers->place, Problem::kRegister);
    }
  }
  if (const Node* password = members.Value("password")) ReadPassword(*password, identity, draft.mistakes);
  if (const Node* tokens = members.Value("tokens")) {
    Members parts(*tokens, TokensKeys(), "'tokens'", draft.mistakes);
    ReadTime(parts, "access", 1, identity.access_s, draft.mistakes);
    ReadTime(parts, "refresh", 365, identity.refresh_s, draft.mistakes);
  }
}

}  // namespace ashlar::contract
