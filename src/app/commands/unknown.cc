// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "app/commands/commands.h"
#include "base/near.h"

namespace ashlar::app {
namespace {

// What the commands will have and this build has not: a command, or a word or an option of one.
struct Later {
  std::string_view command;
  std::string_view word;  // empty: the command itself
};
constexpr Later kLater[] = {
    {"migrate", ""},     {"import", ""},        {"backup", ""},      {"check", "--against"},
    {"check", "--load"}, {"export", "graphql"}, {"export", "proto"}, {"export", "sql"},
};

// An option with its value is "--name value" or "--name=value".
bool IsWord(std::string_view typed, std::string_view word) {
  return typed == word || (word.starts_with("--") && typed.starts_with(word) && typed[word.size()] == '=');
}

std::string UnknownAmong(const CLI::App& above, const std::string& path, const std::string& typed) {
  std::vector<std::string> names;
  for (const CLI::App* one : above.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); })) {
    names.push_back(one->get_name());
  }
  std::string near = Near(typed, names);
  return fmt::format("there is no command '{} {}'{}; there are {}", path, typed,
                     near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near), fmt::join(names, ", "));
}

}  // namespace

std::optional<std::string> FindUnknown(const CLI::App& root, const std::vector<std::string>& words) {
  if (words.empty() || words[0].starts_with('-')) return std::nullopt;
  for (const Later& later : kLater) {
    if (later.command != words[0]) continue;
    if (later.word.empty()) return fmt::format("'{}' is not supported by this build", later.command);
    for (size_t i = 1; i < words.size() && words[i] != "--"; ++i) {
      bool first = i == 1 || later.word.starts_with("--");  // a word is the first, an option is anywhere
      if (first && IsWord(words[i], later.word)) {
        return fmt::format("'{} {}' is not supported by this build", later.command, later.word);
      }
    }
  }
  const CLI::App* above = &root;
  std::string path = root.get_name();
  for (const std::string& word : words) {
    if (above->get_require_subcommand_min() == 0 || word.starts_with('-')) break;
    auto found = above->get_subcommands([&word](const CLI::App* one) { return one->get_name() == word; });
    if (found.empty()) return UnknownAmong(*above, path, word);
    path += " " + word;
    above = found.front();
  }
  return std::nullopt;
}

}  // namespace ashlar::app
