// SPDX-License-Identifier: Apache-2.0
// client: the command line of app/operator/client.cc.
#include <CLI/CLI.hpp>

#include "app/commands/commands.h"

namespace ashlar::app {
namespace {

using json::Json;

struct ClientOptions {
  Target target;
  std::vector<std::string> words;  // behind the contract, perhaps
  std::string format = "text";
};

int Run(ClientOptions& options, const std::string& what) {
  TakeContract(options.words, options.target);
  if (options.words.size() > 1) {
    return Complain({ErrorKind::kInvalid, fmt::format("client {}: '{}' is one word too many", what, options.words[1])});
  }
  return RunOnTarget(options.target, {{"command", Json("client")},
                                      {"what", Json(what)},
                                      {"id", Json(options.words.empty() ? "" : options.words[0])},
                                      {"format", Json(options.format)}});
}

}  // namespace

void AddClient(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("client", "clients of the provider that registered themselves");
  command->require_subcommand(1);
  auto options = std::make_shared<ClientOptions>();
  auto* list = command->add_subcommand("list", "print them, without their secrets");
  AddContract(*list, options->target.contract);
  AddStore(*list, options->target);
  list->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  list->callback([options, &status] { status = Run(*options, "list"); });
  auto* remove = command->add_subcommand("remove", "remove one, and end what it holds of users");
  AddTarget(*remove, options->target);
  remove->add_option("ID", options->words, "its client_id; the contract may stand before it")->required();
  remove->callback([options, &status] { status = Run(*options, "remove"); });
}

}  // namespace ashlar::app
