// SPDX-License-Identifier: Apache-2.0
#include "app/operator/mistakes.h"

#include <algorithm>

namespace ashlar::app {
namespace {

constexpr size_t kLongest = 1000;  // bytes of one message: it may name what a file says

// Whole code points of it.
void Shorten(std::string& message) {
  if (message.size() <= kLongest) return;
  size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xc0) == 0x80) --end;
  message.resize(end);
  message += "...";
}

}  // namespace

void Mistakes::Add(Of of, FilePlace place, std::string message) {
  ++count_;
  Shorten(message);
  kept_.insert({of, place, std::move(message)});
  if (kept_.size() > most_) kept_.erase(std::prev(kept_.end()));
}

std::string Mistakes::Text(const std::vector<std::string>& paths) const {
  std::vector<const Mistake*> told;
  for (const Mistake& mistake : kept_) told.push_back(&mistake);
  std::ranges::sort(told, {}, [](const Mistake* one) { return std::tie(one->place, one->of, one->message); });
  std::string text;
  for (const Mistake* one : told) {
    text += fmt::format("{}:{}: {}\n", paths[one->place.file], one->place.line, one->message);
  }
  if (count_ > kept_.size()) text += fmt::format("and {} more\n", count_ - kept_.size());
  return text;
}

}  // namespace ashlar::app
