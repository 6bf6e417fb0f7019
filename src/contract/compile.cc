// SPDX-License-Identifier: Apache-2.0
#include "contract/accepted.h"
#include "contract/contract.h"
#include "contract/environment.h"
#include "contract/expressions.h"
#include "contract/findings/findings.h"
#include "contract/locator.h"
#include "contract/merge.h"
#include "contract/origins.h"
#include "contract/placed.h"
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
  ReadProviders(draft);
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
  ReadProvider(draft);
  ReadLimits(draft);
}

std::vector<PolicyTest> Show(std::vector<PlacedTest> placed, const Locator& locator) {
  std::vector<PolicyTest> tests;
  for (PlacedTest& one : placed) {
    locator.Locate(one.when, one.test.when_at);
    locator.Locate(one.expect, one.test.expect_at);
    for (size_t i = 0; i < one.rows.size(); ++i) locator.Locate(one.rows[i], one.test.rows[i].at);
    tests.push_back(std::move(one.test));
  }
  return tests;
}

MistakeList Show(std::span<const Found> found, const Locator& locator) {
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

// Whether something is unset in what rights are made of.
bool LeavesRightsOpen(const Node& root) {
  constexpr std::string_view kSections[] = {"version", "roles", "rules", "resources", "tests"};
  return std::ranges::any_of(root.entries, [&](const Entry& entry) {
    return HasUnset(entry.value) && std::ranges::find(kSections, entry.key) != std::end(kSections);
  });
}

Judgement Refused(Mistakes& mistakes) {
  Judgement judgement;
  judgement.mistakes = mistakes.Take();
  return judgement;
}

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
  std::vector<PlacedTest> tests = ReadTests(draft);
  if (!mistakes.empty()) return Refused(mistakes);
  std::vector<Found> found = FindAll(draft);
  // What the environment would fill in may be what is accepted.
  const bool all_known = !HasUnset(root);
  TakeAccepted(accepted, all_known, found, mistakes);
  if (!mistakes.empty()) return Refused(mistakes);
  Locator locator(all);
  draft.service->origins = OriginsOf(draft, locator);
  Judgement judgement;
  judgement.service = draft.service;
  judgement.findings = Show(found, locator);
  judgement.tests = Show(std::move(tests), locator);
  judgement.rights_open = LeavesRightsOpen(root);
  return judgement;
}

Mistake FailTest(const Mistake& at, std::string_view message) {
  constexpr size_t kLongest = 1000;
  Mistake failed = at;
  failed.id = Problems()[static_cast<size_t>(Problem::kTestFailed)].id;
  failed.message = Printable(message, kLongest);
  return failed;
}

Compiled Compile(std::span<const Source> sources, const Options& options) {
  Judgement judgement = Judge(sources, options);
  if (judgement.service == nullptr) return std::unexpected(std::move(judgement.mistakes));
  return std::move(judgement.service);
}

}  // namespace ashlar::contract
