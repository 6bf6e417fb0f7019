// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>

#include "app/commands/commands.h"

namespace ashlar::app {
namespace {

constexpr const char* kContract = R"(# What the service is. `ashlar check` reads it, `ashlar serve` serves it.
service: notes
title: Notes

roles:
  editor: {}

resources:
  Note:
    description: Something to remember.
    fields:
      title: { type: string!, min: 1, max: 120 }   # `!`: must be given and is never null
      body:  text
      done:  { type: bool!, default: false, index: true }
      tags:  '[string]'
      topic: Topic                                 # to-one: topicId in JSON, `topic` when included
    access:                                        # no rule = nobody
      read: public
      write: hasRole('editor')

  Topic:
    description: What notes are about.
    fields:
      name:  { type: string!, max: 60, unique: true }
      notes: { many: Note, via: topic }
    access: { read: public, write: hasRole('editor') }
)";

constexpr const char* kReadme = R"(# Notes

    ashlar check                     is the contract right?
    ashlar serve                     http://127.0.0.1:8080/v1/notes
    TOKEN=$(ashlar token create --role editor)
    curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
      -d '{"title": "first"}' http://127.0.0.1:8080/v1/notes
)";

int New(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  bool there = fs::exists(directory, error);
  if (there && !(fs::is_directory(directory, error) && fs::is_empty(directory, error))) {
    return Complain({ErrorKind::kInvalid, fmt::format("{} is there already and no empty folder", directory)});
  }
  fs::create_directories(directory, error);
  if (error) return Complain({ErrorKind::kUnavailable, fmt::format("cannot make {}: {}", directory, error.message())});
  const std::pair<const char*, const char*> files[] = {
      {"ashlar.yaml", kContract}, {"README.md", kReadme}, {".gitignore", "/data/\n"}};
  for (const auto& [name, text] : files) {
    std::ofstream stream(fs::path(directory) / name, std::ios::binary);
    stream << text;
    stream.close();
    if (!stream) return Complain({ErrorKind::kUnavailable, fmt::format("cannot write {}/{}", directory, name)});
  }
  fmt::print("made {0}: cd {0} && ashlar serve\n", directory);
  return kDone;
}

}  // namespace

void AddNew(CLI::App& root, int& status) {
  auto* command = root.add_subcommand("new", "write a small working service to start from");
  auto directory = std::make_shared<std::string>();
  command->add_option("DIR", *directory, "where; must be absent or empty")->required();
  command->callback([directory, &status] { status = New(*directory); });
}

}  // namespace ashlar::app
