// SPDX-License-Identifier: Apache-2.0
#include "contract/findings/findings.h"

namespace ashlar::contract {
namespace {

constexpr Finding kRows[] = {
    {"ACCESS_WORLD_WRITABLE", "Anybody may write it",
     "Creating, changing, deleting, restoring or purging needs no credential: whoever reaches the service may fill the "
     "store or "
     "empty it. Let the rule ask for `signedIn` or a role.",
     FindWorldWritable},
    {"PERSONAL_FIELD_PUBLIC", "A personal field that everybody may read",
     "By its name or type the field holds what belongs to a person (an e-mail address, a telephone number, a postal "
     "address, a day of birth, a number of an account) or a secret, and it is read without a credential. Give the "
     "field a `read` rule, or the resource a narrower one.",
     FindPersonalPublic},
    {"RESOURCE_UNREACHABLE", "A resource that nobody may use",
     "No rule = nobody: without `access` a resource is reached by the operator's command line alone. Give it rules, or "
     "accept that it is filled by `load` and looked at by the rules of others.",
     FindUnreachable},
    {"UNIQUE_GUARDED", "A unique value that may not be read",
     "Somebody who may write the field but not read it learns which values there are: a value that is taken is "
     "refused as `CONFLICT`. Let those who write read, or make the values too many to try.",
     FindGuardedUnique},
    {"CHECK_GUARDED", "A check over a field that may not be read",
     "Somebody who may write the row but not read the field finds its value by trying: the check refuses on one side "
     "of it. Let those who write read, or keep the check from looking at the field.",
     FindGuardedCheck},
    {"RULE_UNINDEXED", "A rule over a column without an index",
     "The rule for `list` compares a column with the caller or with a constant, and no index begins with that column: "
     "every list, count and include of the resource looks at all of its rows. Give the field `index: true`, or let "
     "one of `indexes` begin with it. `ashlar explain` shows the plans.",
     FindUnindexedRules},
    {"PAGE_LARGE", "Pages of more than 1000 rows",
     "One request holds that many rows in memory and makes the others wait. Let `page.max` be smaller: cursors fetch "
     "the rest at no more cost.",
     FindLargePages},
    {"UNIQUE_FREED", "A deleted row that may not come back",
     "With `softDelete`, `unique` counts the rows that are not deleted: another row may take the value meanwhile, and "
     "restoring is then refused as `CONFLICT`. Accept it, or let nobody restore.",
     FindFreedUniques},
    {"ID_KEPT", "An id that stays taken by a deleted row",
     "With `softDelete`, ids count deleted rows too: where callers choose the id, the one of a deleted row is refused "
     "for ever. Choose `id: uuid` or `id: int`, and make the name a unique field.",
     FindKeptIds},
    {"REQUIRED_CIRCLE", "Rows that need each other",
     "Each of the relations is required, so no row can be the first. Let one of them be optional.", FindCircles},
    {"REQUIRED_READ_ONLY", "A required field that no request can give",
     "The field is required, but `readOnly`: a request to create a row may not give it, and no `default` does. Give it "
     "a `default`; or say `immutable: true`, which lets it be set at creation only; or leave the `!` out. Accept it "
     "where rows come from `ashlar load` alone.",
     FindUncreatable},
    {"ROLE_UNUSED", "A role that no rule asks for",
     "Whoever is given the role may do no more than without it: a rule may be missing, or misspelt in another one.",
     FindUnusedRoles},
    {"RULE_UNUSED", "A rule that nothing names", "It guards nothing. Use it or take it away.", FindUnusedRules},
    {"LIMIT_UNUSED", "A limit that is for no request",
     "Nothing is served where its `match` looks: it holds nobody back. Compare the method and the path with the "
     "addresses of the service; `ashlar export openapi` lists them.",
     FindUnusedLimits},
    {"LIMIT_SHADOWED", "A limit that another makes needless",
     "Every request that it is for is also counted by another one, which counts the same callers and is as strict or "
     "stricter: it never has its say. Take it away, or let one of them have another rate.",
     FindShadowedLimits},
    {"LIMIT_UNCOUNTED", "A limit per user where nobody has to sign in",
     "With `per: user` alone, whoever comes without a credential is not counted at all, and these requests need none. "
     "Say `otherwise: ip`, or count by address.",
     FindUncountedCallers},
    {"NAME_PLURAL", "A resource named in the plural",
     "A resource is named after one row; the plural is made of that, for addresses and tables. Say `Order` for "
     "`/orders`, or give `plural:` if the word is a singular.",
     FindPluralNames},
    {"NAME_NEGATED", "A bool that denies",
     "What is true should say so: `active`, not `notActive`. Conditions over a denial deny twice.", FindNegations},
    {"NAME_RELATION_ID", "A relation named as its key",
     "A to-one relation `customer` is `customerId` in JSON, and `customer` when it is included. Named `customerId` it "
     "becomes `customerIdId`.",
     FindRelationsNamedId},
    {"NAME_SHORTENED", "Two words for one thing",
     "A name has a short word where another name of the contract has it written out. Whoever knows the one will try it "
     "for the other.",
     FindShortWords},
    {"RESOURCE_UNDESCRIBED", "A resource without a description",
     "The generated documents would show its name alone. One sentence is enough: what is one row of it?",
     FindUndescribed},
    {"FIELD_OPAQUE", "A field that nothing tells of",
     "Of `json` and `bytes` the type says nothing: what is in them? Give them a `description`.", FindOpaque},
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
