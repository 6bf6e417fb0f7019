// SPDX-License-Identifier: Apache-2.0
// events: the command line of app/operator/events.cc.
#include <CLI/CLI.hpp>

#include "app/commands/commands.h"
#include "base/near.h"

namespace ashlar::app {
namespace {

using json::Json;

struct EventsOptions {
  Target target;
  std::string user, kind;
  std::string format = "text";
  int last = 100;
};

// What is wrong with a kind, or nothing. Some of the names are long: a part of one is taken for it in the answer.
std::string WrongKind(const std::string& kind) {
  std::vector<std::string> names, meant;
  for (const identity::EventRow& row : identity::EventRows()) {
    names.emplace_back(row.name);
    if (row.name == kind) return "";
    if (!kind.empty() && row.name.contains(kind)) meant.emplace_back(row.name);
  }
  if (const std::string near = Near(kind, names); meant.empty() && !near.empty()) meant.push_back(near);
  return fmt::format("'{}' is no kind{}; --help lists them", kind,
                     meant.empty() ? "" : fmt::format(" (did you mean '{}'?)", fmt::join(meant, "' or '")));
}

std::string Kinds() {
  std::string text = "Kinds, as OWASP's Logging Vocabulary and the log name them:";
  for (const identity::EventRow& row : identity::EventRows()) text += fmt::format("\n  {:<30}{}", row.name, row.means);
  return text;
}

}  // namespace

void AddEvents(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("events", "what happened to accounts: who signed in, who could not, which keys");
  auto options = std::make_shared<EventsOptions>();
  command->footer(Kinds());
  AddContract(*command, options->target.contract);
  AddStore(*command, options->target);
  command->add_option("--user", options->user, "those of one user, by id or e-mail address");
  command->add_option("--kind", options->kind, "those of one kind, see below")->check(WrongKind);
  command->add_option("--last", options->last, "how many, of the latest")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([options, &status] {
    status = RunOnTarget(options->target, {{"command", Json("events")},
                                           {"who", Json(options->user)},
                                           {"kind", Json(options->kind)},
                                           {"last", Json(std::to_string(options->last))},
                                           {"format", Json(options->format)}});
  });
}

}  // namespace ashlar::app
