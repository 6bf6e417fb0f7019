// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "app/access/policy.h"
#include "app/commands/commands.h"
#include "app/runtime.h"
#include "app/terminal.h"
#include "base/counted.h"
#include "base/json/writer.h"
#include "contract/contract.h"

namespace ashlar::app {
namespace {

// "2 resources, 8 operations, 1 finding".
std::string Summary(const contract::Judgement& judgement) {
  const model::Service& service = *judgement.service;
  auto resources = std::ranges::count_if(service.resources, &model::Resource::routed);
  auto operations = std::ranges::count_if(service.operations, [](const auto& one) { return !one.internal; });
  std::string text = fmt::format("{}, {}", Counted(resources, "resource"), Counted(operations, "operation"));
  if (!judgement.tests.empty()) text += ", " + Counted(judgement.tests.size(), "test");
  size_t findings = judgement.findings.size();
  if (findings > 0) text += ", " + Counted(findings, "finding");
  return text;
}

int Check(const std::string& path, const std::string& format) {
  auto sources = ReadSources(path);
  if (!sources) return Complain(sources.error());
  contract::Judgement judgement = contract::Judge(*sources, ContractOptions(true));
  if (auto ran = RunPolicyTests(judgement); !ran) return Complain(ran.error());
  bool right = judgement.mistakes.empty();
  if (format == "json") {
    fmt::print("{}\n", contract::RenderJson(judgement));
  } else if (format == "sarif") {
    fmt::print("{}\n", contract::RenderSarif(judgement, ASHLAR_VERSION));
  } else {
    fmt::print("{}{}", contract::Render(judgement.findings, ColourFor(STDOUT_FILENO)),
               contract::Render(judgement.mistakes, ColourFor(STDOUT_FILENO)));
    if (judgement.rights_open && !judgement.tests.empty()) {
      fmt::print("{}: the tests are not run: variables are not set on which rights may depend\n", path);
    }
    if (right) fmt::print("{}: ok, {}\n", path, Summary(judgement));
  }
  return right ? kDone : kWrongInput;
}

}  // namespace

void AddCheck(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("check", "read and judge the contract");
  auto path = std::make_shared<std::string>("ashlar.yaml");
  auto format = std::make_shared<std::string>("text");
  AddContract(*command, *path);
  command->add_option("--format", *format, "text, json or sarif")
      ->check(CLI::IsMember({"text", "json", "sarif"}))
      ->capture_default_str();
  command->callback([path, format, &status] { status = Check(*path, *format); });
}

}  // namespace ashlar::app
