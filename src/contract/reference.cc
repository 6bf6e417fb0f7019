// SPDX-License-Identifier: Apache-2.0
#include "contract/contract.h"
#include "contract/keys.h"
#include "contract/mistakes.h"

namespace ashlar::contract {
namespace {

std::string Cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

void AddTable(std::string_view title, std::span<const Key> keys, std::string& out) {
  out += fmt::format("\n## {}\n\n| key | value | meaning |\n|---|---|---|\n", title);
  for (const Key& key : keys) {
    std::string_view note = key.required ? " Required." : "";
    if (!key.supported) note = " *Not in this build: refused by name.*";
    out += fmt::format("| `{}` | {} | {}{} |\n", key.name, NameOf(key.shape), Cell(key.doc), note);
  }
}

// The text of a mistake as readers see it: `...` where its parts stand.
std::string Unformatted(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    bool brace = (text[i] == '{' || text[i] == '}') && i + 1 < text.size();
    if (brace && text.substr(i, 2) == "{}") out += "...";
    if (brace && text[i + 1] == text[i]) out += text[i];
    if (brace) ++i;
    if (!brace) out += text[i];
  }
  return out;
}

void AddMistakes(std::string& out) {
  out += "\n## Mistakes\n\n| id | text |\n|---|---|\n";
  for (const ProblemRow& row : Problems()) out += fmt::format("| `{}` | {} |\n", row.id, Cell(Unformatted(row.text)));
}

}  // namespace

std::string Reference() {
  std::string out = "<!-- Printed from the tables of src/contract/keys.cc; do not edit. -->\n# The contract's keys\n";
  AddTable("A contract", TopLevelKeys(), out);
  AddTable("A role: `roles.NAME`", RoleKeys(), out);
  AddTable("A resource: `resources.NAME`", ResourceKeys(), out);
  AddTable("A field: `resources.NAME.fields.NAME`", FieldKeys(), out);
  AddTable("A check: `resources.NAME.checks[]`", CheckKeys(), out);
  AddTable("Access: `resources.NAME.access`", AccessKeys(), out);
  AddTable("`access.update`", UpdateKeys(), out);
  AddTable("Pages: `resources.NAME.page`", PageKeys(), out);
  AddTable("Answers that are kept: `resources.NAME.cache`", CacheKeys(), out);
  AddTable("`deprecated`", DeprecatedKeys(), out);
  AddTable("Signing in: `identity`", IdentityKeys(), out);
  AddTable("`identity.password`", PasswordKeys(), out);
  AddTable("`identity.tokens`", TokensKeys(), out);
  AddTable("`identity.links`", LinksKeys(), out);
  AddTable("`identity.sessions`", SessionsKeys(), out);
  AddTable("Other issuers: `identity.issuers[]`", IssuerKeys(), out);
  AddTable("`identity.apiKeys`", ApiKeysKeys(), out);
  AddTable("Signing in elsewhere with this service: `identity.provider`", ProviderKeys(), out);
  AddTable("A client: `identity.provider.clients.NAME`", ClientKeys(), out);
  AddTable("Clients that register themselves: `identity.provider.registration`", RegistrationKeys(), out);
  AddTable("Signing in here with others: `identity.providers.NAME`", OpenIdProviderKeys(), out);
  AddTable("Accepted findings: `accept[]`", AcceptKeys(), out);
  AddTable("Limits: `limits[]`", LimitKeys(), out);
  AddTable("Tests of the access rules: `tests[]`", TestKeys(), out);
  AddTable("`tests[].as`", TestCallerKeys(), out);
  AddTable("`tests[].when`", TestCallKeys(), out);
  AddTable("`tests[].expect`", TestExpectKeys(), out);
  AddMistakes(out);
  return out;
}

std::string FindingsReference() {
  std::string out =
      "<!-- Printed from the table of src/contract/findings/findings.cc; do not edit. -->\n# Findings\n\n"
      "What `ashlar check` warns of, of a contract without mistakes. A team that knows better says so in the contract, "
      "with a reason; a finding that is accepted and not there is a mistake.\n\n"
      "```yaml\naccept:\n  - { id: PERSONAL_FIELD_PUBLIC, at: Author.email, reason: authors want to be written to }\n"
      "```\n\n`at` is `Order`, `Order.email`, `roles.NAME` or `rules.NAME`. What holds a place stands for it: `Order` "
      "for all fields of Order, `resources`, `roles` and `rules` for all of them.\n";
  for (const FindingRow& row : FindingRows()) {
    out += fmt::format("\n## {}\n{}.\n\n{}\n", row.id, row.title, row.doc);
  }
  return out;
}

}  // namespace ashlar::contract
