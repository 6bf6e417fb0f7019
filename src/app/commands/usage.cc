// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "app/commands/commands.h"
#include "base/near.h"

namespace ashlar::app {
namespace {

// What other servers call an option of ours.
struct Foreign {
  std::string_view command, option, meant;
};
constexpr Foreign kForeign[] = {
    {"serve", "--port", "--listen 127.0.0.1:PORT"}, {"serve", "-p", "--listen 127.0.0.1:PORT"},
    {"serve", "--host", "--listen HOST:8080"},      {"serve", "--bind", "--listen HOST:8080"},
    {"serve", "--address", "--listen HOST:8080"},   {"serve", "--db", "--store sqlite:PATH"},
    {"serve", "--database", "--store sqlite:PATH"},
};

// The last of the commands that were typed: `ashlar user add`.
const CLI::App& Typed(const CLI::App& root) {
  const CLI::App* last = &root;
  while (!last->get_subcommands().empty()) last = last->get_subcommands().front();
  return *last;
}

std::string Meant(const CLI::App& command, const std::string& option) {
  for (const Foreign& one : kForeign) {
    if (one.command == command.get_name() && one.option == option) return std::string(one.meant);
  }
  std::vector<std::string> names;
  for (const CLI::Option* one : command.get_options()) {
    for (const std::string& name : one->get_lnames()) names.push_back("--" + name);
  }
  return Near(option, names);
}

// The first word that no command expected, and what was meant.
std::string Unexpected(const CLI::App& root) {
  std::vector<std::string> extras = root.remaining(true);
  if (extras.empty()) return "";
  std::string word = extras[0].substr(0, extras[0].find('='));
  if (!word.starts_with('-')) return fmt::format("'{}' is one word too many", extras[0]);
  std::string meant = Meant(Typed(root), word);
  return fmt::format("there is no option '{}'{}", word,
                     meant.empty() ? "" : fmt::format(" (did you mean '{}'?)", meant));
}

}  // namespace

int TellUsage(const CLI::App& root, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return root.exit(error);  // help, or the version
  const CLI::App& command = Typed(root);
  if (command.get_require_subcommand_min() > 0 && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
    fmt::print(stderr, "ashlar: a command is missing\n\n{}", root.help());
    return kUsage;
  }
  std::string what = dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr ? "" : Unexpected(root);
  fmt::print(stderr, "ashlar: {}\nRun with --help for more information.\n", what.empty() ? error.what() : what);
  return kUsage;
}

}  // namespace ashlar::app
