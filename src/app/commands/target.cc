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

namespace {

constexpr const char* kContractDoc = "the contract: a file or a folder";

bool IsContract(const std::string& word) {
  std::filesystem::path path(word);
  std::error_code ignored;
  return path.extension() == ".yaml" || path.extension() == ".yml" || std::filesystem::is_directory(path, ignored);
}

// What the server or the store says, each line as the command's own; those that begin with a place in a file stay.
std::string Prefixed(std::string_view text, const std::vector<std::string>& paths) {
  std::string told;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    bool placed = std::ranges::any_of(paths, [line](const std::string& path) { return line.starts_with(path + ":"); });
    told += fmt::format("{}{}\n", placed || line.starts_with(' ') ? "" : "ashlar: ", line);
  }
  return told;
}

}  // namespace

void AddContract(CLI::App& command, std::string& contract) {
  command.add_option("--contract,CONTRACT", contract, kContractDoc)->capture_default_str();
}

void TakeContract(std::vector<std::string>& words, Target& target) {
  if (words.size() < 2 || !IsContract(words.front())) return;
  target.contract = words.front();
  words.erase(words.begin());
}

void AddStore(CLI::App& command, Target& target) {
  command.add_option(
      "--store", target.flags.store,
      "where the rows are: sqlite:PATH or postgres://...; else DATABASE_URL, else sqlite:./data/SERVICE.db");
}

void AddTarget(CLI::App& command, Target& target) {
  command.add_option("--contract", target.contract, kContractDoc)->capture_default_str();
  AddStore(command, target);
}

int RunOnTarget(const Target& target, json::Object request, std::vector<SourceFile> files) {
  // The server has the environment that the contract may want; here its name is enough.
  auto service = ReadContract(target.contract, true);
  if (!service) return Complain(service.error());
  auto place = PlaceOf(ValueOf(&Flags::store, target.flags), (*service)->name);
  if (!place) return Complain(place.error());
  std::error_code ignored;
  const bool there = !place->url.empty() || std::filesystem::exists(place->path, ignored);
  if (!there && !target.makes)
    return Complain({ErrorKind::kNotFound, fmt::format("there is no store at {}", place->path)});
  request.push_back({"service", json::Json((*service)->name)});
  // Who loads means to fill a store; anybody else may have named the wrong one.
  const bool surprising = files.empty() && !there;
  std::vector<std::string> paths;
  for (const SourceFile& file : files) paths.push_back(file.path());
  OperatorAnswer answer;
  {
    ProgressBar bar;
    answer = RunAsOperator(target.contract, *place, {json::Json(std::move(request)), std::move(files)},
                           [&bar](size_t done, size_t total) {
                             bar.Show(done, total);
                             return true;
                           });
  }
  fmt::print(stdout, "{}", answer.out);
  fmt::print(stderr, "{}", Prefixed(answer.err, paths));
  if (surprising && std::filesystem::exists(place->path, ignored)) fmt::print(stderr, "ashlar: made {}\n", place->path);
  return answer.status;
}

}  // namespace ashlar::app
