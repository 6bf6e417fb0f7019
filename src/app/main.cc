// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "app/commands/commands.h"

int main(int argc, char** argv) {
  using namespace ashlar::app;
  CLI::App root("One declarative contract becomes a backend.", "ashlar");
  root.set_version_flag("--version", "ashlar " ASHLAR_VERSION);
  root.require_subcommand(1);
  int status = kDone;
  for (auto add : {AddNew, AddCheck, AddServe, AddLoad, AddToken, AddUser, AddKey, AddClient, AddEvents, AddExplain,
                   AddExport, AddReference})
    add(root, status);
  if (auto unknown = FindUnknown(root, {argv + std::min(argc, 1), argv + argc})) {
    fmt::print(stderr, "ashlar: {}\nRun with --help for more information.\n", *unknown);
    return kUsage;
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return TellUsage(root, error);
  } catch (const std::exception& error) {  // what no command expects: no memory, a folder gone
    fmt::print(stderr, "ashlar: {}\n", error.what());
    return kFailed;
  }
  return status;
}
