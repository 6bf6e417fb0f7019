// SPDX-License-Identifier: Apache-2.0
#include "app/explain/explain.h"

#include <CLI/CLI.hpp>

#include "app/commands/commands.h"
#include "app/runtime.h"

namespace ashlar::app {
namespace {

int Explain(const Target& target, const std::string& format) {
  // What the environment would fill in decides no plan.
  auto service = ReadContract(target.contract, true);
  if (!service) return Complain(service.error());
  Result<std::unique_ptr<store::sqlite::Explainer>> explainer = nullptr;
  if (target.flags.store.empty()) {
    explainer = store::sqlite::Explainer::Open(**service);
  } else {
    auto path = StorePath(target.flags.store, (*service)->name);
    if (!path) return Complain(path.error());
    explainer = store::sqlite::Explainer::OpenStore(**service, *path);
  }
  if (!explainer) return Complain(explainer.error());
  auto all = ExplainAll(**service, **explainer);
  if (!all) return Complain(all.error());
  fmt::print("{}", format == "json" ? RenderJson(*all) + "\n" : Render(*all));
  return kDone;
}

}  // namespace

void AddExplain(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("explain", "show how the store runs every operation, and which indexes it lacks");
  auto target = std::make_shared<Target>();
  auto format = std::make_shared<std::string>("text");
  AddContract(*command, target->contract);
  command->add_option("--store", target->flags.store,
                      "a store to look into, sqlite:PATH, beside its server too; empty tables in memory otherwise");
  command->add_option("--format", *format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([target, format, &status] { status = Explain(*target, *format); });
}

}  // namespace ashlar::app
