// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/operator/request.h"
#include "app/settings.h"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace ashlar::app {

// Exit statuses (api.md, Commands).
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongInput = 2;
inline constexpr int kUsage = 64;

// Each adds its command to the command line; when that is what was typed, it runs and leaves its exit status.
void AddNew(CLI::App& root, int& status);
void AddCheck(CLI::App& root, int& status);
void AddExplain(CLI::App& root, int& status);
void AddExport(CLI::App& root, int& status);
void AddServe(CLI::App& root, int& status);
void AddLoad(CLI::App& root, int& status);
void AddToken(CLI::App& root, int& status);
void AddUser(CLI::App& root, int& status);
void AddKey(CLI::App& root, int& status);
void AddKeyRotate(CLI::App& key, int& status);  // below `key`
void AddClient(CLI::App& root, int& status);
void AddEvents(CLI::App& root, int& status);
void AddReference(CLI::App& root, int& status);

// What the words behind `ashlar` name that there is not, in words: a command that is unknown, or one, a word or an
// option of one that later builds have. Nothing where the commands themselves judge.
std::optional<std::string> FindUnknown(const CLI::App& root, const std::vector<std::string>& words);

// Seconds of "1h", "90s", "90d", "PT1H"; nothing if it is no duration of at least a second.
std::optional<int64_t> SecondsOf(const std::string& text);

// Prints the error and gives its exit status.
int Complain(const Error& error);
// The same of a command line that could not be parsed, or help that was asked for.
int TellUsage(const CLI::App& root, const CLI::ParseError& error);

// The contract and the store that an operator's command is about.
struct Target {
  std::string contract = "ashlar.yaml";
  Flags flags;
  bool makes = false;  // a store that is not there
};
// --contract, which may also stand as a word of its own.
void AddContract(CLI::App& command, std::string& contract);
void AddStore(CLI::App& command, Target& target);
// --contract and --store.
void AddTarget(CLI::App& command, Target& target);
// Takes the contract out of a command's words, where it may stand before the others: the first word is one if it names
// a *.yaml or a folder, and others follow.
void TakeContract(std::vector<std::string>& words, Target& target);
// Runs a request there and prints what came of it, with a progress bar where a person looks; `request` lacks only the
// service's name. Refuses a store that is not there, unless the target makes one.
int RunOnTarget(const Target& target, json::Object request, std::vector<SourceFile> files = {});

}  // namespace ashlar::app
