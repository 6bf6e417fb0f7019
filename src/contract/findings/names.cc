// SPDX-License-Identifier: Apache-2.0
// Findings about names that would surprise.
#include <map>

#include "contract/findings/findings.h"
#include "contract/findings/words.h"
#include "model/names.h"

namespace ashlar::contract {
namespace {

constexpr std::string_view kPlurals[] = {"people", "children", "men", "women"};
// What ends in an s and is one thing.
constexpr std::string_view kSingulars[] = {"lens", "means", "news", "series", "species", "gas", "bus", "plus"};
constexpr std::string_view kSingularEnds[] = {"ss", "us", "is", "as", "os", "ics"};

bool IsPlural(const std::string& word) {
  if (std::ranges::find(kPlurals, word) != std::end(kPlurals)) return true;
  if (!word.ends_with('s') || std::ranges::find(kSingulars, word) != std::end(kSingulars)) return false;
  return std::ranges::none_of(kSingularEnds, [&](std::string_view end) { return word.ends_with(end); });
}

bool IsNegated(const std::vector<std::string>& words) {
  auto denies = [](const std::string& word) { return word == "not" || word == "no" || word == "non"; };
  bool asks = words[0] == "is" || words[0] == "has" || words[0] == "can" || words[0] == "was" || words[0] == "may";
  return words.size() > 1 && (denies(words[0]) || (asks && denies(words[1])));
}

// Words that stand for one thing.
struct Short {
  std::string_view word;
  std::string_view whole;
};
constexpr Short kShorts[] = {
    {"acct", "account"},  {"addr", "address"},    {"amt", "amount"},       {"cat", "category"},
    {"cust", "customer"}, {"dept", "department"}, {"desc", "description"}, {"img", "image"},
    {"lang", "language"}, {"msg", "message"},     {"num", "number"},       {"org", "organization"},
    {"prod", "product"},  {"pwd", "password"},    {"qty", "quantity"},     {"ref", "reference"},
};

// Where each word of a contract's names stands first, in words: "'Order'", "'quantity' of 'Order'".
using WordPlaces = std::map<std::string, std::string>;

WordPlaces PlacesOfWords(const Review& review) {
  WordPlaces places;
  auto note = [&](std::string_view name, const std::string& place) {
    for (std::string& word : WordsOf(name)) places.emplace(std::move(word), place);
  };
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft& source) {
    note(resource.name, fmt::format("'{}'", resource.name));
    for (const FieldDraft& field : source.fields) {
      note(field.name(), fmt::format("'{}' of '{}'", field.name(), resource.name));
    }
  });
  return places;
}

// The word for which a name has another one than the rest of the contract; null if there is none.
const Short* FindShort(std::string_view name, const WordPlaces& places) {
  for (const std::string& word : WordsOf(name)) {
    auto found = std::ranges::find(kShorts, word, &Short::word);
    if (found != std::end(kShorts) && places.contains(std::string(found->whole))) return found;
  }
  return nullptr;
}

}  // namespace

void FindPluralNames(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft& source) {
    if (source.Value("plural") != nullptr || !IsPlural(WordsOf(resource.name).back())) return;
    review.Tell(resource, fmt::format("'{}' is a plural: one of it is called '{}', and all of them '{}'", resource.name,
                                      resource.singular, resource.plural));
  });
}

void FindNegations(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft&) {
    for (const model::Field& field : resource.fields) {
      if (field.type->kind() != types::Kind::kBool || !IsNegated(WordsOf(field.declared))) continue;
      review.TellOfField(resource, field.declared,
                         fmt::format("'{0}' denies: '!{0}' has to be read twice", field.declared));
    }
  });
}

void FindRelationsNamedId(Review& review) {
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft&) {
    for (const model::Relation& relation : resource.relations) {
      if (relation.to_many || WordsOf(relation.name).back() != "id") continue;
      review.TellOfField(resource, relation.name,
                         fmt::format("'{}' is a relation: its key is called '{}'", relation.name,
                                     resource.field(relation.local).name));
    }
  });
}

void FindShortWords(Review& review) {
  WordPlaces places = PlacesOfWords(review);
  review.ForEachResource([&](const model::Resource& resource, const ResourceDraft& source) {
    auto message = [&](std::string_view name, const Short& one) {
      return fmt::format("'{}' says {} where {} says {}", name, one.word, places.at(std::string(one.whole)), one.whole);
    };
    if (const Short* one = FindShort(resource.name, places)) review.Tell(resource, message(resource.name, *one));
    for (const FieldDraft& field : source.fields) {
      const Short* one = FindShort(field.name(), places);
      if (one != nullptr) review.TellOfField(resource, field.name(), message(field.name(), *one));
    }
  });
}

}  // namespace ashlar::contract
