// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "app/commands/commands.h"
#include "app/terminal.h"
#include "base/json/writer.h"
#include "contract/contract.h"

namespace ashlar::app {
namespace {

int Check(const std::string& path, const std::string& format) {
  auto sources = contract::ReadSources(path);
  if (!sources) return Complain({ErrorKind::kInvalid, sources.error().message});
  auto compiled = contract::Compile(*sources, ContractOptions(true));
  contract::MistakeList mistakes = compiled ? contract::MistakeList{} : std::move(compiled).error();
  if (format == "json") {
    fmt::print("{}\n", contract::RenderJson(mistakes));
  } else if (!mistakes.empty()) {
    fmt::print("{}", contract::Render(mistakes, ColourFor(STDOUT_FILENO)));
  } else {
    size_t resources = 0;
    for (const model::Resource& resource : (*compiled)->resources) resources += resource.routed ? 1 : 0;
    fmt::print("{}: ok, {} resources, {} operations\n", path, resources,
               std::count_if((*compiled)->operations.begin(), (*compiled)->operations.end(),
                             [](const model::Operation& operation) { return !operation.internal; }));
  }
  return mistakes.empty() ? kDone : kWrongInput;
}

}  // namespace

void AddCheck(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("check", "read and judge the contract");
  auto path = std::make_shared<std::string>("ashlar.yaml");
  auto format = std::make_shared<std::string>("text");
  command->add_option("CONTRACT", *path, "the contract: a file or a folder")->capture_default_str();
  command->add_option("--format", *format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([path, format, &status] { status = Check(*path, *format); });
}

}  // namespace ashlar::app
