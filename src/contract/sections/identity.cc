// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "contract/scalar.h"
#include "contract/sections/sections.h"

namespace ashlar::contract {
namespace {

constexpr int64_t kDay = 86'400;
constexpr int64_t kLongestKeyDays = 3650;
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

constexpr std::string_view kToken = "{token}";
constexpr size_t kMostLink = 500;  // bytes

bool IsUrlText(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return c > ' ' && c <= '~' && !std::string_view("\"<>\\^`").contains(c); });
}

// A page of https, or of a machine that somebody develops at. What stands for {token} is behind the host, so that it
// goes nowhere else.
bool IsLink(std::string_view text) {
  if (text.size() > kMostLink || !IsUrlText(text)) return false;
  const size_t token = text.find(kToken);
  if (token == std::string_view::npos || text.find(kToken, token + 1) != std::string_view::npos) return false;
  const bool secure = text.starts_with("https://");
  if (!secure && !text.starts_with("http://")) return false;
  std::string_view rest = text.substr(secure ? 8 : 7);
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.empty() || authority.contains('@') || authority.contains('{')) return false;
  std::string_view host = authority.substr(0, authority.rfind(':'));
  return secure || host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

std::string ReadLink(const Members& links, std::string_view key, Mistakes& mistakes) {
  const Node* node = links.Value(key);
  if (node == nullptr) return "";
  if (!IsLink(node->text)) mistakes.Add(node->place, Problem::kLink, key);
  return node->text;
}

void ReadLinks(const Members& members, model::Links& links, Mistakes& mistakes) {
  const Node* section = members.Value("links");
  if (section == nullptr) return;
  Members parts(*section, LinksKeys(), "'links'", mistakes);
  links.verify = ReadLink(parts, "verify", mistakes);
  links.reset = ReadLink(parts, "reset", mistakes);
  links.invite = ReadLink(parts, "invite", mistakes);
}

void ReadVerification(const Members& members, model::Identity& identity, Mistakes& mistakes) {
  const Node* node = members.Value("verification");
  if (node == nullptr) return;
  if (node->text == "required") identity.verification = model::Verification::kRequired;
  if (node->text == "optional") identity.verification = model::Verification::kOptional;
  if (identity.verification == model::Verification::kOff && node->text != "off") {
    mistakes.Add(node->place, Problem::kVerification);
  }
}

// What is asked for leads somewhere. Whoever finds an address taken that is theirs needs a new password.
void NeedLinks(const Members& members, const model::Identity& identity, Mistakes& mistakes) {
  auto need = [&](std::string_view key, std::string_view link) {
    const Node* links = members.Value("links");
    if (members.Has("links") && (links == nullptr || links->Find(link) != nullptr)) return;
    const Node* node = members.Value(key);
    mistakes.Add(node->place, Problem::kLinkMissing, key, node->Shown(), link);
  };
  if (identity.verification != model::Verification::kOff) {
    need("verification", "verify");
    need("verification", "reset");
  }
  const Node* registers = members.Value("register");
  if (registers != nullptr && registers->text == "invite") need("register", "invite");
}

void ReadApiKeys(const Node& node, model::Identity& identity, Mistakes& mistakes) {
  if (!node.is_mapping() && !ToBool(node).value_or(false)) return;
  model::ApiKeys& keys = identity.api_keys.emplace();
  if (!node.is_mapping()) return;
  Members parts(node, ApiKeysKeys(), "'apiKeys'", mistakes);
  ReadTime(parts, "maxAge", kLongestKeyDays, keys.longest_s, mistakes);
  auto count = parts.Whole("perUser");
  if (!count) return;
  keys.per_user = *count;
  if (*count < 1 || *count > model::ApiKeys::kMostPerUser) {
    mistakes.Add(parts.Value("perUser")->place, Problem::kPageRange, "perUser", model::ApiKeys::kMostPerUser);
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
    if (!identity.registers && registers->text != "invite" && registers->text != "off") {
      draft.mistakes.Add(registers->place, Problem::kRegister);
    }
  }
  if (const Node* password = members.Value("password")) ReadPassword(*password, identity, draft.mistakes);
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
  ReadVerification(members, identity, draft.mistakes);
  ReadLinks(members, identity.links, draft.mistakes);
  NeedLinks(members, identity, draft.mistakes);
  if (const Node* sessions = members.Value("sessions")) {
    Members parts(*sessions, SessionsKeys(), "'sessions'", draft.mistakes);
    identity.cookies = parts.Flag("cookie");
    ReadTime(parts, "idle", 365, identity.idle_s, draft.mistakes);
    ReadTime(parts, "lifetime", 365, identity.lifetime_s, draft.mistakes);
    for (std::string_view key : {"idle", "lifetime"}) {
      if (identity.cookies || members.Has("provider") || parts.Value(key) == nullptr) continue;
      draft.mistakes.Add(parts.Value(key)->place, Problem::kMissingKey, fmt::format("'{}'", key), "cookie: true");
    }
  }
  if (const Node* keys = members.Value("apiKeys")) ReadApiKeys(*keys, identity, draft.mistakes);
}

}  // namespace ashlar::contract
