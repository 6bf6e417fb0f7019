// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "app/access/matrix.h"
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

int ExportAccess(const std::string& contract, bool json) {
  auto judgement = ReadJudgement(contract, true);
  if (!judgement) return Complain(judgement.error());
  if (judgement->rights_open) {
    return Complain(
        {ErrorKind::kInvalid, fmt::format("{}: variables are not set on which rights may depend", contract)});
  }
  Matrix matrix = MakeMatrix(*judgement->service);
  fmt::print("{}", json ? RenderJson(matrix) + "\n" : Render(matrix));
  return kDone;
}

}  // namespace

void AddExport(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("export", "print what follows from a contract, or from their language");
  auto what = std::make_shared<std::string>();
  auto contract = std::make_shared<std::string>("ashlar.yaml");
  auto format = std::make_shared<std::string>("text");
  command
      ->add_option("WHAT", *what,
                   "access: who may do what, as a file to commit and review; openapi: the OpenAPI 3.1 document of the "
                   "contract's REST surface; jsonschema: the JSON Schema of contracts, for editors")
      ->required();
  AddContract(*command, *contract);
  command->add_option("--format", *format, "of access: text or json; the others are JSON")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([what, contract, format, &status] {
    if (*what == "access") {
      status = ExportAccess(*contract, *format == "json");
    } else if (*what == "openapi") {
      status = ExportOpenApi(*contract);
    } else if (*what == "jsonschema") {
      fmt::print("{}\n", contract::JsonSchema());
      status = kDone;
    } else {
      fmt::print(stderr, "ashlar: export: there is no '{}'; there are access, openapi, jsonschema\n", *what);
      status = kUsage;
    }
  });
}

}  // namespace ashlar::app
