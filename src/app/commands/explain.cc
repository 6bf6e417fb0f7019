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
    auto place = PlaceOf(target.flags.store, (*service)->name);
    if (!place) return Complain(place.error());
    if (!place->url.empty()) return Complain({ErrorKind::kInvalid, "explain: only sqlite:PATH is looked into yet"});
    explainer = store::sqlite::Explainer::OpenStore(**service, place->path);
  }
  if (!explainer) return Complain(explainer.error());
  auto all = ExplainAll(**service, **explainer);
  if (!all) return Complain(all.error());
  fmt::print("{}", format == "json" ? RenderJson(*all) + "\n" : Render(*all));
  return kDone;
}

struct AccessOptions {
  Target target;
  std::vector<std::string> request;  // behind the contract, perhaps
  std::string as;
  std::string body;
};

int ExplainAccess(AccessOptions& options) {
  TakeContract(options.request, options.target);
  if (options.request.size() > 1) {
    return Complain({ErrorKind::kInvalid,
                     fmt::format("explain access: '{}' is one word too many; quote the request", options.request[1])});
  }
  return RunOnTarget(options.target, {{"command", json::Json("explain")},
                                      {"request", json::Json(options.request[0])},
                                      {"as", json::Json(options.as)},
                                      {"body", json::Json(options.body)}});
}

void AddAccess(CLI::App& explain, int& status) {
  auto* command = explain.add_subcommand("access", "why a request would be answered as it is: the rules, part by part");
  command->footer(
      "Asks the store of a running server, or opens it. What it would write is undone.\n\n"
      "Exit status: 0 it would be allowed, 3 denied (401, 403), 4 hidden or not there (404), 5 refused for another\n"
      "reason (400, 409, 412, 422, ...); 1 the command failed, 2 its input was wrong.");
  auto options = std::make_shared<AccessOptions>();
  AddTarget(*command, options->target);
  command
      ->add_option("REQUEST", options->request,
                   "method and address, as 'GET /v1/orders/1'; the contract may stand before it")
      ->required();
  command
      ->add_option("--as", options->as,
                   "anonymous; user:ID or user:EMAIL; role:NAME, a user of no row who has it; service, service:ROLE")
      ->required();
  command->add_option("--body", options->body, "the body, JSON");
  command->callback([options, &status] { status = ExplainAccess(*options); });
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
  AddAccess(*command, status);
  command->callback([command, target, format, &status] {
    if (command->get_subcommands().empty()) status = Explain(*target, *format);
  });
}

}  // namespace ashlar::app
