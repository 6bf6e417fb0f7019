// SPDX-License-Identifier: Apache-2.0
// key: the command line of app/operator/key.cc.
#include <CLI/CLI.hpp>

#include "app/commands/commands.h"

namespace ashlar::app {
namespace {

using json::Json;

struct KeyOptions {
  Target target;
  std::vector<std::string> words;  // behind the contract, perhaps
  std::string name;
  std::vector<std::string> scopes;
  std::string lifetime;
  std::string user;
  std::string format = "text";
};

int Run(KeyOptions& options, const std::string& what) {
  TakeContract(options.words, options.target);
  if (options.words.size() > 1) {
    return Complain({ErrorKind::kInvalid, fmt::format("key {}: '{}' is one word too many", what, options.words[1])});
  }
  const std::string word = options.words.empty() ? "" : options.words[0];
  std::string seconds;
  if (!options.lifetime.empty()) {
    auto read = SecondsOf(options.lifetime);
    if (!read) {
      return Complain({ErrorKind::kInvalid,
                       fmt::format("--expires: '{}' is not a duration such as 12h, 90d or P90D", options.lifetime)});
    }
    seconds = std::to_string(*read);
  }
  return RunOnTarget(options.target, {{"command", Json("key")},
                                      {"what", Json(what)},
                                      {"who", Json(what == "create" ? word : options.user)},
                                      {"id", Json(what == "revoke" ? word : "")},
                                      {"name", Json(options.name)},
                                      {"scopes", MakeTexts(options.scopes)},
                                      {"seconds", Json(seconds)},
                                      {"format", Json(options.format)}});
}

}  // namespace

void AddKey(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("key", "the API keys of users, and the keys that sign tokens");
  command->require_subcommand(1);
  auto options = std::make_shared<KeyOptions>();
  auto* create = command->add_subcommand("create", "make a key for a user; prints it, alone, and never again");
  AddTarget(*create, options->target);
  create->add_option("WHO", options->words, "the user's id or e-mail address; the contract may stand before it")
      ->required();
  create->add_option("--name", options->name, "what it is for")->required();
  create
      ->add_option("--scope", options->scopes,
                   "what it opens at most, as read, write, orders:create, or what a rule asks for by hasScope; may be "
                   "repeated; all that the user may, where it is left out")
      ->allow_extra_args(false);
  create->add_option("--expires", options->lifetime,
                     "how long it is good: 12h, 90d, P90D; as long as the contract lets it, where it is left out");
  create->callback([options, &status] { status = Run(*options, "create"); });
  auto* list = command->add_subcommand("list", "print the keys, without their secrets");
  AddContract(*list, options->target.contract);
  AddStore(*list, options->target);
  list->add_option("--user", options->user, "those of one user, by id or e-mail address");
  list->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  list->callback([options, &status] { status = Run(*options, "list"); });
  auto* revoke = command->add_subcommand("revoke", "refuse a key from now on");
  AddTarget(*revoke, options->target);
  revoke->add_option("ID", options->words, "the key's id; the contract may stand before it")->required();
  revoke->callback([options, &status] { status = Run(*options, "revoke"); });
  AddKeyRotate(*command, status);
}

}  // namespace ashlar::app
