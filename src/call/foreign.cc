// SPDX-License-Identifier: Apache-2.0
#include "call/foreign.h"

namespace ashlar::call {
namespace {

struct Foreign {
  std::string_view word, ours;
};

constexpr Foreign kParameters[] = {
    {"limit", "perPage"},    {"per_page", "perPage"}, {"pageSize", "perPage"}, {"page_size", "perPage"},
    {"pagesize", "perPage"}, {"size", "perPage"},     {"take", "perPage"},     {"first", "perPage"},
    {"last", "perPage"},     {"max", "perPage"},      {"count", "perPage"},    {"offset", "page"},
    {"skip", "page"},        {"start", "page"},       {"pageNumber", "page"},  {"cursor", "after"},
    {"order", "sort"},       {"orderBy", "sort"},     {"order_by", "sort"},    {"sortBy", "sort"},
    {"sort_by", "sort"},     {"ordering", "sort"},    {"where", "filter"},     {"query", "filter"},
    {"search", "q"},         {"expand", "include"},   {"embed", "include"},    {"populate", "include"},
    {"with", "include"},     {"field", "fields"},     {"columns", "fields"},
};

}  // namespace

std::string_view ParameterFor(std::string_view foreign) {
  for (const Foreign& one : kParameters) {
    if (one.word == foreign) return one.ours;
  }
  return "";
}

}  // namespace ashlar::call
