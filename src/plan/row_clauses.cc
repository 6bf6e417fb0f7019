// SPDX-License-Identifier: Apache-2.0
#include "plan/row_clauses.h"

#include "base/utf8_words.h"

namespace ashlar::plan {
namespace {

constexpr int64_t kMaxPage = 1'000'000;
constexpr size_t kMaxWords = 32;

}  // namespace

ClauseErrors Doubted(const call::Call& call) {
  ClauseErrors errors;
  if (call.malformed) errors.invalid.push_back(call.malformed->message);
  return errors;
}

int64_t PerPage(const call::Paging& paging, const model::Resource& resource, ClauseErrors& errors) {
  int64_t per_page = paging.per_page.value_or(resource.page_default);
  if (per_page < 1 || per_page > resource.page_max) {
    errors.invalid.push_back(fmt::format("'perPage' must be from 1 to {}", resource.page_max));
  }
  if (paging.page < 1 || paging.page > kMaxPage) {
    errors.invalid.push_back(fmt::format("'page' must be from 1 to {}", kMaxPage));
  }
  return per_page;
}

std::vector<std::string> MakeWords(const call::Call& call, const model::Resource& resource, ClauseErrors& errors) {
  if (!call.search) return {};
  std::vector<std::string> words = WordsOf(*call.search);
  if (!resource.searched()) {
    errors.invalid.push_back(fmt::format("'q': {} has no field with 'search: true'", resource.name));
  } else if (words.empty()) {
    errors.invalid.push_back("'q' has no word");
  } else if (words.size() > kMaxWords) {
    errors.invalid.push_back(fmt::format("'q' has more than {} words", kMaxWords));
  }
  return words;
}

std::optional<call::ApiError> MakeDeleted(const call::Call& call, const model::Resource& resource, const Rules& rules,
                                          cel::ExprPtr& where) {
  if (call.deleted == call::Deleted::kWithout) return std::nullopt;
  if (!resource.soft_delete) {
    return call::ApiError{
        call::Code::kInvalidQuery, fmt::format("'deleted': {} has no soft delete", resource.name), {}};
  }
  cel::ExprPtr restore = rules.Access(resource, &model::Access::restore);
  if (cel::IsFalse(restore)) return rules.Denied("listing deleted rows");
  FieldId deleted_at = resource.FindSystem(model::SystemField::kDeletedAt);
  cel::ExprPtr field = FieldOf(resource, deleted_at, RowAt(resource.id, 0));
  cel::ExprPtr live = MakeCall(cel::Op::kEqual, {field, LiteralFor(resource.field(deleted_at), Value{})});
  if (!cel::IsTrue(restore)) where = cel::And(where, cel::Or(live, restore));
  return std::nullopt;
}

}  // namespace ashlar::plan
