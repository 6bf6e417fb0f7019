// SPDX-License-Identifier: Apache-2.0
#include "contract/contract.h"
#include "contract/environment.h"
#include "contract/expressions.h"
#include "contract/merge.h"
#include "contract/sections/sections.h"
#include "contract/system.h"
#include "contract/yaml.h"

namespace ashlar::contract {
namespace {

// Only of what is read: a section that this build refuses is not asked for its variables.
void FillInSections(Node& root, const Options& options, Mistakes& mistakes) {
  for (Entry& entry : root.entries) {
    auto row = std::ranges::find(TopLevelKeys(), entry.key, &Key::name);
    if (row != TopLevelKeys().end() && row->supported) FillIn(entry.value, options, mistakes);
  }
}

void ReadSections(Draft& draft, const Node& resources) {
  ReadService(draft);
  ReadRoles(draft);
  ReadRules(draft);
  DeclareResources(draft, resources);
  ReadFields(draft);
  ReadInverses(draft);
  ReadIds(draft);
  ReadIndexes(draft);
  Expressions expressions(draft);
  ReadDefaults(draft, expressions);
  ReadFieldRules(draft, expressions);
  ReadChecks(draft, expressions);
  ReadAccess(draft, expressions);
  expressions.Finish();
  MakeOperations(draft);
}

}  // namespace

Compiled Compile(std::span<const Source> sources, const Options& options) {
  std::vector<Source> all(sources.begin(), sources.end());
  all.push_back({"(system)", std::string(SystemContract())});
  Mistakes mistakes(all);
  std::vector<Node> roots;
  for (uint32_t i = 0; i < sources.size(); ++i) {
    auto root = ParseYaml(i, all[i].text, mistakes);
    if (!root) continue;
    FillInSections(*root, options, mistakes);
    roots.push_back(*std::move(root));
  }
  // Where one file cannot be read, what the others say of it would be wrong.
  if (roots.size() < sources.size() || roots.empty()) return std::unexpected(mistakes.Take());
  Node root = MergeFiles(std::move(roots), mistakes);
  if (!IsMapping(root)) {
    mistakes.Add(root.place, Problem::kNotContract);
    return std::unexpected(mistakes.Take());
  }
  auto system = ParseYaml(static_cast<uint32_t>(sources.size()), all.back().text, mistakes);
  Draft draft(mistakes, options.field_types);
  draft.top = std::make_unique<Members>(root, TopLevelKeys(), "a contract", mistakes);
  Node resources = MergeSystem(*system, draft.top->Value("resources"), mistakes);
  ReadSections(draft, resources);
  if (!mistakes.empty()) return std::unexpected(mistakes.Take());
  return draft.service;
}

}  // namespace ashlar::contract
