// SPDX-License-Identifier: Apache-2.0
#include "contract/accepted.h"
#include "contract/contract.h"
#include "contract/environment.h"
#include "contract/expressions.h"
#include "contract/findings/findings.h"
#include "contract/locator.h"
#include "contract/merge.h"
#include "contract/sections/sections.h"
#include "contract/system.h"
#include "contract/yaml.h"

namespace ashlar::contract {
namespace {

// Only of what is read: what this build refuses is not asked for its variables.
void FillInSupported(Node& mapping, std::span<const Key> keys, const Options& options, Mistakes& mistakes) {
  for (Entry& entry : mapping.entries) {
    auto row = std::ranges::find(keys, entry.key, &Key::name);
    if (row == keys.end() || !row->supported) continue;
    if (row->shape == Shape::kMapping && entry.value.is_mapping()) {
      FillInSupported(entry.value, row->members, options, mistakes);
    } else {
      FillIn(entry.value, options, mistakes);
    }
  }
}

void ReadSections(Draft& draft, const Node& resources) {
  ReadService(draft);
  ReadIdentity(draft);
  ReadRoles(draft);
  ReadIssuers(draft);
  ReadRules(draft);
  DeclareResources(draft, resources);
  ReadFields(draft);
  ReadInverses(draft);
  ReadIds(draft);
  ReadIndexes(draft);
  Expressions expressions(draft);
  ReadComputed(draft, expressions);
  ReadDefaults(draft, expressions);
  ReadTransitions(draft);
  ReadFieldRules(draft, expressions);
  GuardComputed(draft);
  ReadChecks(draft, expressions);
  ReadAccess(draft, expressions);
  expressions.Finish();
  MakeOperations(draft);
  ReadLimits(draft);
}

MistakeList Show(std::span<const Found> found, std::span<const Source> sources) {
  Locator locator(sources);
  MistakeList list;
  for (const Found& one : found) {
    Mistake finding;
    finding.finding = true;
    finding.id = Findings()[one.row].id;
    finding.message = Printable(one.message, 500);
    locator.Locate(one.place, finding);
    list.push_back(std::move(finding));
  }
  return list;
}

bool HasUnset(const Node& node) {
  auto of_entry = [](const Entry& entry) { return HasUnset(entry.value); };
  return node.unset || std::ranges::any_of(node.entries, of_entry) || std::ranges::any_of(node.items, HasUnset);
}

Judgement Refused(Mistakes& mistakes) { return {.service = nullptr, .mistakes = mistakes.Take(), .findings = {}}; }

}  // namespace

Judgement Judge(std::span<const Source> sources, const Options& options) {
  std::vector<Source> all(sources.begin(), sources.end());
  all.push_back({"(system)", std::string(SystemContract())});
  Mistakes mistakes(all);
  std::vector<Node> roots;
  for (uint32_t i = 0; i < sources.size(); ++i) {
    auto root = ParseYaml(i, all[i].text, mistakes);
    if (!root) continue;
    FillInSupported(*root, TopLevelKeys(), options, mistakes);
    roots.push_back(*std::move(root));
  }
  // Where one file cannot be read, what the others say of it would be wrong.
  if (roots.size() < sources.size() || roots.empty()) return Refused(mistakes);
  Node root = MergeFiles(std::move(roots), mistakes);
  if (!IsMapping(root)) {
    mistakes.Add(root.place, Problem::kNotContract);
    return Refused(mistakes);
  }
  auto system = ParseYaml(static_cast<uint32_t>(sources.size()), all.back().text, mistakes);
  Draft draft(mistakes, options.field_types);
  draft.top = std::make_unique<Members>(root, TopLevelKeys(), "a contract", mistakes);
  Node resources = MergeSystem(*system, draft.top->Value("resources"), mistakes);
  ReadSections(draft, resources);
  std::vector<Accepted> accepted = ReadAccepted(draft);
  if (!mistakes.empty()) return Refused(mistakes);
  std::vector<Found> found = FindAll(draft);
  // What the environment would fill in may be what is accepted.
  TakeAccepted(accepted, !HasUnset(root), found, mistakes);
  if (!mistakes.empty()) return Refused(mistakes);
  return {.service = draft.service, .mistakes = {}, .findings = Show(found, all)};
}

Compiled Compile(std::span<const Source> sources, const Options& options) {
  Judgement judgement = Judge(sources, options);
  if (judgement.service == nullptr) return std::unexpected(std::move(judgement.mistakes));
  return std::move(judgement.service);
}

}  // namespace ashlar::contract
