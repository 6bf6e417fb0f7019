// SPDX-License-Identifier: Apache-2.0
#include "contract/findings/findings.h"

namespace ashlar::contract {
namespace {

constexpr Finding kRows[] = {
    {"ACCESS_WORLD_WRITABLE", "Anybody may write it",
     "Creating, changing, deleting or restoring needs no credential: whoever reaches the service may fill the store or "
     "empty it. Let the rule ask for `signedIn` or a role.",
     FindWorldWritable},
    {"PERSONAL_FIELD_PUBLIC", "A personal field that everybody may read",
     "By its name or type the field holds what belongs to a person (an e-mail address, a telephone number, a postal "
     "address, a day of birth, a number of an account) or a secret, and it is read without a credential. Give the "
     "field a `read` rule, or the resource a narrower one.",
     FindPersonalPublic},
    {"RULE_UNINDEXED", "A rule over a column without an index",
     "The rule for `list` compares a column with the caller or with a constant, and no index begins with that column: "
     "every list, count and include of the resource looks at all of its rows. Give the field `index: true`, or let "
     "one of `indexes` begin with it. `ashlar explain` shows the plans.",
     FindUnindexedRules},
    {"RESOURCE_UNDESCRIBED", "A resource without a description",
     "The generated documents would show its name alone. One sentence is enough: what is one row of it?",
     FindUndescribed},
};

}  // namespace

std::span<const Finding> Findings() { return kRows; }

std::vector<FindingRow> FindingRows() {
  std::vector<FindingRow> rows;
  for (const Finding& finding : kRows) rows.push_back({finding.id, finding.title, finding.doc});
  return rows;
}

std::vector<Found> FindAll(const Draft& draft) {
  Review review(draft);
  for (size_t row = 0; row < std::size(kRows); ++row) {
    review.Begin(row);
    kRows[row].look(review);
  }
  return review.found();
}

}  // namespace ashlar::contract
