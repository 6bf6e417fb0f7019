// SPDX-License-Identifier: Apache-2.0
// docs/reference/ is printed from the registries and the command line; a test compares.
#include <CLI/CLI.hpp>

#include "app/commands/commands.h"
#include "app/settings.h"
#include "call/aggregation.h"
#include "call/api_error.h"
#include "call/operator.h"
#include "cel/functions.h"
#include "contract/contract.h"
#include "telemetry/metrics/metric.h"
#include "types/period.h"
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

std::string Aggregates() {
  std::string page =
      "# Aggregates\n\n`?select=function(field)&groupBy=field:period`\n\n## Functions\n\n| function | fields | gives | "
      "meaning |\n|---|---|---|---|\n";
  for (const call::FunctionRow& row : call::Functions()) {
    page += fmt::format("| `{}` | {} | {} | {} |\n", row.name, row.fits, row.gives, row.doc);
  }
  page += "\n## Periods\n\n| period | what stands for it |\n|---|---|\n";
  for (const types::PeriodRow& row : types::Periods()) page += fmt::format("| `{}` | {} |\n", row.name, row.gives);
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
  page += "\n## Variables that are no settings\n\n| environment | at the start | why |\n|---|---|---|\n";
  for (const StrayVariable& stray : StrayVariables()) {
    page += fmt::format("| `{}` | {} | {} |\n", stray.name, stray.refused ? "refused" : "told in the log", stray.doc);
  }
  return page;
}

std::string MetricsPage() {
  std::string page =
      "# Metrics\n\nWhat `/metrics` tells, in Prometheus's text format, at the address that `--admin-listen` names. No "
      "label takes a value that a client makes up: an address that is none is counted without a route, and a method or "
      "an error that is not known as `_OTHER`.\n\n| metric | kind | labels | meaning |\n|---|---|---|---|\n";
  for (const telemetry::Metric& metric : telemetry::Metrics()) {
    page += fmt::format("| `{}` | {} | {} | {} |\n", metric.name, telemetry::NameOf(metric.kind), metric.labels,
                        Escape(metric.help));
  }
  return page;
}

// The help of every command that is not hidden.
std::string Commands(const CLI::App& root) {
  std::string page = "# Commands\n\nExit status: 0 done, 1 it failed while running, 2 the input was wrong, 64 usage.\n";
  std::vector<const CLI::App*> waiting =
      root.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
  for (size_t at = 0; at < waiting.size(); ++at) {
    auto own = waiting[at]->get_subcommands([](const CLI::App*) { return true; });
    waiting.insert(waiting.begin() + static_cast<std::ptrdiff_t>(at) + 1, own.begin(), own.end());
  }
  for (const CLI::App* command : waiting) {
    std::string above;
    for (const CLI::App* parent = command->get_parent(); parent != nullptr; parent = parent->get_parent()) {
      above = parent->get_name() + (above.empty() ? "" : " ") + above;
    }
    std::string help = command->help(above);
    help.erase(0, help.find_first_not_of('\n'));
    help.erase(help.find_last_not_of('\n') + 1);
    page += fmt::format("\n## {} {}\n```\n{}\n```\n", above, command->get_name(), help);
  }
  return page;
}

std::optional<std::string> Page(const CLI::App& root, std::string_view name) {
  if (name == "aggregates") return Aggregates();
  if (name == "commands") return Commands(root);
  if (name == "contract") return contract::Reference();
  if (name == "errors") return Errors();
  if (name == "findings") return contract::FindingsReference();
  if (name == "functions") return Functions();
  if (name == "metrics") return MetricsPage();
  if (name == "operators") return Operators();
  if (name == "settings") return SettingsPage();
  if (name == "types") return Types();
  return std::nullopt;
}

}  // namespace

void AddReference(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("reference", "print a page of docs/reference");
  command->group("");  // for those who keep the documents: not in --help
  auto name = std::make_shared<std::string>();
  command->add_option("PAGE", *name)->required();
  command->callback([name, &root, &status] {
    auto page = Page(root, *name);
    fmt::print("{}", page.value_or(""));
    if (!page) fmt::print(stderr, "ashlar: docs/reference has no page '{}'\n", *name);
    status = page ? kDone : kUsage;
  });
}

}  // namespace ashlar::app
