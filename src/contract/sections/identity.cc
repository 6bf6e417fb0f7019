// SPDX-License-Identifier: Apache-2.0
#include "contract/scalar.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

constexpr int64_t kDay = 86'400;
constexpr int64_t kLeastLength = 8, kMostLength = 64;

void ReadTime(const Members& members, std::string_view key, int64_t most_days, int64_t& seconds, Mistakes& mistakes) {
  const Node* node = members.Value(key);
  if (node == nullptr) return;
  if (auto read = ParseSeconds(node->text, most_days * kDay)) {
    seconds = *read;
  } else {
    mistakes.Add(node->place, Problem::kTimeRange, key, fmt::format("{}d", most_days));
  }
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
  if (const Node* password = members.Value("password")) {
    Members parts(*password, PasswordKeys(), "'password'", draft.mistakes);
    if (auto length = parts.Whole("minLength")) {
      identity.least_password = *length;
      if (*length < kLeastLength || *length > kMostLength) {
        draft.mistakes.Add(parts.Value("minLength")->place, Problem::kLengthRange, "minLength", kLeastLength,
                           kMostLength);
      }
    }
  }
  if (const Node* tokens = members.Value("tokens")) {
    Members parts(*tokens, TokensKeys(), "'tokens'", draft.mistakes);
    ReadTime(parts, "access", 1, identity.access_s, draft.mistakes);
    ReadTime(parts, "refresh", 365, identity.refresh_s, draft.mistakes);
    if (const Node* algorithm = parts.Value("algorithm")) {
      if (algorithm->text == "EdDSA") {
        identity.token_algorithm = SignatureAlgorithm::kEdDsa;
      } else if (algorithm->text != "ES256") {
        draft.mistakes.Add(algorithm->place, Problem::kTokenAlgorithm);
      }
    }
  }
}

}  // namespace ashlar::contract
