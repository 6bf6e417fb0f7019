// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "app/commands/commands.h"
#include "app/runtime.h"
#include "contract/contract.h"
#include "surface/auth/describe.h"

namespace ashlar::app {
namespace {

int ExportOpenApi(const std::string& contract) {
  auto service = ReadContract(contract, true);
  if (!service) return Complain(service.error());
  fmt::print("{}\n", surface::rest::DescribeOpenApi(**service, surface::auth::Describe(**service)));
  return kDone;
}

}  // namespace

void AddExport(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("export", "print what follows from a contract, or from their language");
  auto what = std::make_shared<std::string>();
  auto contract = std::make_shared<std::string>("ashlar.yaml");
  command
      ->add_option("WHAT", *what,
                   "openapi: the OpenAPI 3.1 document of the contract's REST surface; jsonschema: the JSON Schema of "
                   "contracts, for editors")
      ->required();
  AddContract(*command, *contract);
  command->callback([what, contract, &status] {
    if (*what == "openapi") {
      status = ExportOpenApi(*contract);
    } else if (*what == "jsonschema") {
      fmt::print("{}\n", contract::JsonSchema());
      status = kDone;
    } else {
      fmt::print(stderr, "ashlar: export: there is no '{}'; there are openapi, jsonschema\n", *what);
      status = kUsage;
    }
  });
}

}  // namespace ashlar::app
