// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "app/commands/commands.h"

namespace {

// Commands of later builds, refused by name.
constexpr const char* kLater[] = {"migrate", "import", "backup", "key"};

}  // namespace

int main(int argc, char** argv) {
  using namespace ashlar::app;
  for (const char* later : kLater) {
    if (argc > 1 && std::string_view(argv[1]) == later) {
      fmt::print(stderr, "ashlar: '{}' is not supported by this build\n", later);
      return kUsage;
    }
  }
  CLI::App root("One declarative contract becomes a backend.", "ashlar");
  root.set_version_flag("--version", "ashlar " ASHLAR_VERSION);
  root.require_subcommand(1);
  int status = kDone;
  for (auto add : {AddNew, AddCheck, AddServe, AddLoad, AddToken, AddUser, AddExplain, AddExport, AddReference})
    add(root, status);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return root.exit(error) == 0 ? kDone : kUsage;
  } catch (const std::exception& error) {  // what no command expects: no memory, a folder gone
    fmt::print(stderr, "ashlar: {}\n", error.what());
    return kFailed;
  }
  return status;
}
