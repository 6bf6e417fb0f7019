// SPDX-License-Identifier: Apache-2.0
// load, token, user: the command line of what app/operator does.
#include <CLI/CLI.hpp>

#include "app/commands/commands.h"
#include "app/secret_input.h"
#include "base/utf8.h"
#include "cel/functions.h"
#include "types/datetime.h"
#include "types/uuid.h"

namespace ashlar::app {
namespace {

using json::Json;

struct LoadOptions {
  Target target;
  std::vector<std::string> paths;
  std::string resource;
};

int Load(LoadOptions& options) {
  TakeContract(options.paths, options.target);
  options.target.makes = true;
  if (options.paths.size() > kMostFiles) {
    return Complain({ErrorKind::kInvalid,
                     fmt::format("{}: one load takes at most {} files", options.paths[kMostFiles], kMostFiles)});
  }
  std::vector<SourceFile> files;
  for (const std::string& path : options.paths) {
    if (!IsValidUtf8(path)) return Complain({ErrorKind::kInvalid, "the name of a file is not UTF-8"});
    auto file = SourceFile::Open(path);
    if (!file) return Complain(file.error());
    files.push_back(std::move(*file));
  }
  return RunOnTarget(options.target, {{"command", Json("load")}, {"resource", Json(options.resource)}},
                     std::move(files));
}

struct TokenOptions {
  Target target;
  std::vector<std::string> roles;
  std::string user;
  std::string lifetime = "1h";
};

int CreateToken(const TokenOptions& options) {
  auto seconds = SecondsOf(options.lifetime);
  if (!seconds) {
    return Complain(
        {ErrorKind::kInvalid, fmt::format("--for: '{}' is not a duration such as 90m, 1h or P30D", options.lifetime)});
  }
  return RunOnTarget(options.target, {{"command", Json("token")},
                                      {"roles", MakeTexts(options.roles)},
                                      {"user", Json(options.user)},
                                      {"seconds", Json(std::to_string(*seconds))}});
}

struct UserOptions {
  Target target;
  std::vector<std::string> who;  // behind the contract, perhaps
  std::string id;
  std::string format = "text";
  bool password = false;  // is read from standard input
  std::vector<std::string> roles;
  std::vector<std::string> removed;
  std::vector<std::string> set;
  bool send = false;
};

int User(UserOptions& options, const std::string& what) {
  TakeContract(options.who, options.target);
  options.target.makes = what == "add" || what == "invite";
  if (options.who.size() > 1) {
    return Complain({ErrorKind::kInvalid, fmt::format("user {}: '{}' is one word too many", what, options.who[1])});
  }
  if (!options.id.empty() && !types::ParseUuid(options.id)) {
    return Complain({ErrorKind::kInvalid, fmt::format("--id: '{}' is not a uuid", options.id)});
  }
  json::Object request{{"command", Json("user")},
                       {"what", Json(what)},
                       {"who", Json(options.who.empty() ? "" : options.who[0])},
                       {"id", Json(options.id)},
                       {"format", Json(options.format)},
                       {"add", MakeTexts(options.roles)},
                       {"remove", MakeTexts(options.removed)},
                       {"send", Json(options.send ? "yes" : "")},
                       {"set", MakeTexts(options.set)}};
  if (options.password) {
    auto password = ReadSecret("password");
    if (!password) return Complain(password.error());
    request.push_back({"password", Json(std::move(*password))});
  }
  return RunOnTarget(options.target, std::move(request));
}

int ChangeRoles(UserOptions& options) {
  if (!options.roles.empty() || !options.removed.empty()) return User(options, "role");
  fmt::print(stderr, "ashlar: user role: give --role or --remove\n");
  return kUsage;
}

void AddWho(CLI::App& command, std::vector<std::string>& who) {
  command.add_option("WHO", who, "the user's id or e-mail address; the contract may stand before it")->required();
}

}  // namespace

std::optional<int64_t> SecondsOf(const std::string& text) {
  std::optional<types::Duration> duration = cel::ParseCelDuration(text);
  if (!duration) {
    const bool days = text.ends_with('d');
    auto iso = types::ParseDuration(days ? fmt::format("P{}D", text.substr(0, text.size() - 1)) : text);
    if (iso) duration = *iso;
  }
  if (!duration || duration->micros < 1'000'000) return std::nullopt;
  return duration->micros / 1'000'000;
}

void AddLoad(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("load", "fill the store from files, all or nothing");
  command->footer(
      "Rows may stand in any order and refer to themselves and each other, but in no circle. The files stay on the\n"
      "disk: loading takes some 100 bytes of memory for each row. A command that is ended, or a file that is changed\n"
      "meanwhile, undoes all.\n\n"
      "CSV is as RFC 4180 says, in UTF-8; its first line names the fields. An empty cell is no value, but an empty\n"
      "text in quotes (\"\") is one. Lists and json fields have JSON in their cells.\n\n"
      "While a server stores the rows it writes nothing else, for all of them are one transaction. Reads go on. A\n"
      "request that writes waits; at its deadline, or at once when another has waited for 5 seconds already, it ends\n"
      "with 503 and Retry-After, and nothing of it was done. Load much when few write.");
  auto options = std::make_shared<LoadOptions>();
  AddTarget(*command, options->target);
  command->add_option("--resource", options->resource,
                      "whose rows NDJSON or CSV holds; otherwise the file's name says it");
  command
      ->add_option("FILE", options->paths,
                   "JSON by resource ({\"Product\": [...]}), or Product.ndjson, Product.csv; the contract may stand "
                   "before them")
      ->required();
  command->callback([options, &status] { status = Load(*options); });
}

void AddToken(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("token", "tokens that the service itself signs");
  command->require_subcommand(1);
  auto* create = command->add_subcommand("create", "print a new token, alone");
  auto options = std::make_shared<TokenOptions>();
  AddContract(*create, options->target.contract);
  AddStore(*create, options->target);
  create->add_option("--role", options->roles, "a role of the contract; may be repeated")->allow_extra_args(false);
  create->add_option("--user", options->user,
                     "the user's e-mail address; or an id, whose row is made when it is absent");
  create->add_option("--for", options->lifetime, "how long it is good: 90m, 1h, P30D")->capture_default_str();
  create->callback([options, &status] { status = CreateToken(*options); });
}

void AddUser(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("user", "the users of the service");
  command->require_subcommand(1);
  auto options = std::make_shared<UserOptions>();
  auto* add = command->add_subcommand("add", "make a user; prints its id");
  AddTarget(*add, options->target);
  add->add_option("EMAIL", options->who, "the user's e-mail address; the contract may stand before it")->required();
  add->add_option("--role", options->roles, "a role of the contract; may be repeated")->allow_extra_args(false);
  add->add_option("--id", options->id, "a uuid; made otherwise");
  add->add_option("--set", options->set, "NAME=VALUE of a field that the contract adds")->allow_extra_args(false);
  add->add_flag("--password-stdin", options->password,
                "give the user a password, one line of standard input; at a terminal it is asked for");
  add->callback([options, &status] { status = User(*options, "add"); });
  auto* invite = command->add_subcommand("invite", "let somebody make an account; prints the link, which is secret");
  AddTarget(*invite, options->target);
  invite->add_option("EMAIL", options->who, "whom; the contract may stand before it")->required();
  invite->add_option("--role", options->roles, "a role that they will have; may be repeated")->allow_extra_args(false);
  invite->add_flag("--send", options->send, "send the link by mail instead, which a server must be there for");
  invite->callback([options, &status] { status = User(*options, "invite"); });
  auto* role = command->add_subcommand("role", "give roles to a user, or take them");
  AddTarget(*role, options->target);
  AddWho(*role, options->who);
  role->add_option("--role", options->roles, "a role to give; may be repeated")->allow_extra_args(false);
  role->add_option("--remove", options->removed, "a role to take; may be repeated")->allow_extra_args(false);
  role->callback([options, &status] { status = ChangeRoles(*options); });
  auto* password = command->add_subcommand("password", "give a user a password, and end the user's sessions");
  password->footer("The password is one line of standard input; at a terminal it is asked for, and not shown.");
  AddTarget(*password, options->target);
  AddWho(*password, options->who);
  password->callback([options, &status] {
    options->password = true;
    status = User(*options, "password");
  });
  for (const auto& [name, doc] : {std::pair("disable", "refuse a user's tokens from now on, and end their sessions"),
                                  std::pair("enable", "take a user's tokens again"),
                                  std::pair("totp-reset", "take the second factor of a user who has lost it")}) {
    auto* change = command->add_subcommand(name, doc);
    AddTarget(*change, options->target);
    AddWho(*change, options->who);
    change->callback([options, &status, what = std::string(name)] { status = User(*options, what); });
  }
  auto* list = command->add_subcommand("list", "print the users");
  AddContract(*list, options->target.contract);
  AddStore(*list, options->target);
  list->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  list->callback([options, &status] { status = User(*options, "list"); });
}

}  // namespace ashlar::app
