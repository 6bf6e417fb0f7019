// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <filesystem>

#include "app/commands/commands.h"
#include "app/progress.h"
#include "app/settings.h"

namespace ashlar::app {

int Complain(const Error& error) {
  fmt::print(stderr, "ashlar: {}\n", error.message);
  return error.kind == ErrorKind::kInvalid || error.kind == ErrorKind::kNotFound ? kWrongInput : kFailed;
}

void AddTarget(CLI::App& command, Target& target, bool contract_is_option) {
  command
      .add_option(contract_is_option ? "--contract" : "CONTRACT", target.contract, "the contract: a file or a folder")
      ->capture_default_str();
  command.add_option("--store", target.flags.store,
                     "where the rows are: sqlite:PATH; else DATABASE_URL, else sqlite:./data/SERVICE.db");
}

int RunOnTarget(const Target& target, json::Object request, std::vector<SourceFile> files) {
  // The server has the environment that the contract may want; here its name is enough.
  auto service = ReadContract(target.contract, true);
  if (!service) return Complain(service.error());
  auto path = StorePath(ValueOf(&Flags::store, target.flags), (*service)->name);
  if (!path) return Complain(path.error());
  request.push_back({"service", json::Json((*service)->name)});
  std::error_code ignored;
  // Who loads means to fill a store; anybody else may have named the wrong one.
  const bool surprising = files.empty() && !std::filesystem::exists(*path, ignored);
  OperatorAnswer answer;
  {
    ProgressBar bar;
    answer = RunAsOperator(target.contract, *path, {json::Json(std::move(request)), std::move(files)},
                           [&bar](size_t done, size_t total) {
                             bar.Show(done, total);
                             return true;
                           });
  }
  fmt::print(stdout, "{}", answer.out);
  fmt::print(stderr, "{}", answer.err);
  if (surprising && std::filesystem::exists(*path, ignored)) fmt::print(stderr, "ashlar: made {}\n", *path);
  return answer.status;
}

}  // namespace ashlar::app
