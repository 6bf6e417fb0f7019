// SPDX-License-Identifier: Apache-2.0
#include "model/bounds.h"

#include "base/near.h"

namespace ashlar::model {
namespace {

constexpr size_t kMostScope = 64;

struct Row {
  std::string_view word;
  cel::ExprPtr Access::* rule;
  std::string_view within;  // the word that opens it along with others
};

constexpr Row kRows[] = {
    {"list", &Access::list, "read"},
    {"get", &Access::get, "read"},
    {"history", &Access::history, "read"},
    {"create", &Access::create, "write"},
    {"update", &Access::update_before, "write"},
    {"update", &Access::update_after, "write"},
    {"delete", &Access::remove, "write"},
    {"restore", &Access::restore, "write"},
    {"purge", &Access::purge, ""},
};

// The bits of the rules that a word opens; 0 for any other word.
uint16_t BitsOf(std::string_view word) {
  uint16_t bits = 0;
  if (word.empty()) return bits;
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (kRows[i].word == word || kRows[i].within == word) bits |= static_cast<uint16_t>(1U << i);
  }
  return bits;
}

// "orders:read" is of one collection, "read" of all.
bool IsFor(const Resource& resource, std::string_view scope, std::string_view& word) {
  word = scope;
  const size_t colon = scope.find(':');
  if (colon == std::string_view::npos) return true;
  word = scope.substr(colon + 1);
  return resource.routed && resource.collection == scope.substr(0, colon);
}

}  // namespace

Bounds::Bounds(const Service& service, std::span<const std::string> scopes) : open_(service.resources.size()) {
  std::string_view word;
  for (const std::string& scope : scopes) {
    for (const Resource& resource : service.resources) {
      if (IsFor(resource, scope, word)) open_[resource.id.index()] |= BitsOf(word);
    }
  }
}

bool Bounds::Opens(ResourceId resource, cel::ExprPtr Access::* rule) const {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (kRows[i].rule == rule) return (open_[resource.index()] >> i & 1) != 0;
  }
  return false;
}

Access Bounds::Narrowed(const Resource& resource) const {
  Access access = resource.access;
  for (const Row& row : kRows) {
    if (!Opens(resource.id, row.rule)) access.*row.rule = cel::False();
  }
  return access;
}

bool IsBound(const Service& service, std::string_view scope) {
  std::string_view word;
  return std::ranges::any_of(
      service.resources, [&](const Resource& resource) { return IsFor(resource, scope, word) && BitsOf(word) != 0; });
}

std::string NearBound(const Service& service, std::string_view scope) {
  std::vector<std::string> words{"read", "write"}, collections;
  for (const Row& row : kRows) words.emplace_back(row.word);
  for (const Resource& resource : service.resources) {
    if (resource.routed) collections.push_back(resource.collection);
  }
  const size_t colon = scope.find(':');
  if (colon == std::string_view::npos) return Near(scope, words);
  auto meant = [](std::string_view name, const std::vector<std::string>& names) {
    return std::ranges::find(names, name) != names.end() ? std::string(name) : Near(name, names);
  };
  const std::string collection = meant(scope.substr(0, colon), collections);
  const std::string word = meant(scope.substr(colon + 1), words);
  return collection.empty() || word.empty() ? "" : fmt::format("{}:{}", collection, word);
}

bool IsScope(std::string_view text) {
  return !text.empty() && text.size() <= kMostScope && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._:-").contains(c);
  });
}

}  // namespace ashlar::model
