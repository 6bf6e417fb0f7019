// SPDX-License-Identifier: Apache-2.0
#include "contract/mistakes.h"

#include "base/utf8.h"
#include "contract/locator.h"

namespace ashlar::contract {
namespace {

bool IsControl(char32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029; }

}  // namespace

std::span<const ProblemRow> Problems() {
  static constexpr ProblemRow rows[] = {
#define ASHLAR_PROBLEM(name, id, text) {id, text},
      ASHLAR_PROBLEMS(ASHLAR_PROBLEM)
#undef ASHLAR_PROBLEM
  };
  return rows;
}

std::string Printable(std::string_view text, size_t limit) {
  std::string out;
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) {
    if (count == limit) return out + "...";
    size_t size = CodePointSize(text, at);
    bool shown = size > 0 && (text[at] == '\t' || !IsControl(CodePointAt(text, at)));
    size = std::max<size_t>(size, 1);
    if (shown) {
      out += text.substr(at, size);
    } else {
      out += '?';
    }
    at += size;
  }
  return out;
}

void Mistakes::Push(Place place, Problem problem, std::string suggestion, std::string message) {
  if (found_.size() < kMostMistakes) {
    found_.insert({place, problem, std::move(message), Printable(suggestion, 80)});
  } else if (found_.size() == kMostMistakes) {
    Place last{UINT32_MAX, 0, 1};
    found_.insert({last, Problem::kTooManyMistakes, Text(Problem::kTooManyMistakes, kMostMistakes), ""});
  }
}

MistakeList Mistakes::Take() {
  Locator locator(sources_);
  MistakeList list;
  Place last;
  for (const Found& found : found_) {
    // What tells of all of them stands behind the last.
    Place place = found.place.source < sources_.size() ? found.place : last;
    last = place;
    Mistake mistake;
    mistake.id = Problems()[static_cast<size_t>(found.problem)].id;
    mistake.message = found.message;
    mistake.suggestion = found.suggestion;
    locator.Locate(place, mistake);
    list.push_back(std::move(mistake));
  }
  found_.clear();
  return list;
}

}  // namespace ashlar::contract
