// SPDX-License-Identifier: Apache-2.0
// docs/reference/ is printed from the registries; a test compares.
#include <CLI/CLI.hpp>

#include "app/commands/commands.h"
#include "app/settings.h"
#include "call/api_error.h"
#include "call/operator.h"
#include "cel/functions.h"
#include "contract/contract.h"
#include "types/type.h"

namespace ashlar::app {
namespace {

std::string Escape(std::string_view text) {
  std::string escaped;
  for (char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
  return escaped;
}

std::string Types() {
  std::string page = "# Field types\n\n| type | JSON | takes | notes |\n|---|---|---|---|\n";
  for (const types::FieldType& type : types::FieldTypes()) {
    page +=
        fmt::format("| `{}` | {} | {} | {} |\n", type.name, Escape(type.json), Escape(type.takes), Escape(type.doc));
  }
  return page;
}

std::string Operators() {
  std::string page =
      "# Query operators\n\n`?field[operator]=value`\n\n| operator | fields | meaning |\n|---|---|---|\n";
  for (const call::OperatorRow& row : call::Operators()) {
    page += fmt::format("| `{}` | {} | {} |\n", row.name, row.fits, Escape(row.doc));
  }
  return page;
}

std::string Errors() {
  std::string page = "# Errors\n\n| status | code | meaning | worth trying again |\n|---|---|---|---|\n";
  for (const call::CodeRow& row : call::Codes()) {
    page += fmt::format("| {} | `{}` | {} | {} |\n", row.status, row.name, Escape(row.message),
                        row.retryable ? "yes" : "no");
  }
  return page;
}

std::string Functions() {
  std::string page = "# Expressions: operators and functions\n\n| | signature | meaning |\n|---|---|---|\n";
  for (const cel::FunctionRow& row : cel::Functions()) {
    if (row.name.empty()) continue;
    page += fmt::format("| `{}` | `{}` | {} |\n", Escape(row.name), Escape(row.signature), Escape(row.doc));
  }
  return page;
}

std::string SettingsPage() {
  std::string page = "# Settings of `ashlar serve`\n\n| flag | environment | default | meaning |\n|---|---|---|---|\n";
  for (const Setting& setting : Settings()) {
    page +=
        fmt::format("| `{}` | `{}` | `{}` | {} |\n", setting.flag, setting.environment, setting.fallback, setting.doc);
  }
  return page;
}

}  // namespace

void AddReference(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("reference", "print a page of docs/reference");
  command->group("");  // for those who keep the documents: not in --help
  auto page = std::make_shared<std::string>();
  command->add_option("PAGE", *page)->required();
  command->callback([page, &status] {
    const std::pair<std::string_view, std::string (*)()> pages[] = {
        {"contract", contract::Reference}, {"types", Types},          {"operators", Operators}, {"errors", Errors},
        {"functions", Functions},          {"settings", SettingsPage}};
    status = kUsage;
    for (const auto& [name, print] : pages) {
      if (name != *page) continue;
      fmt::print("{}", print());
      status = kDone;
    }
  });
}

}  // namespace ashlar::app
