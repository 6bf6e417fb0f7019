// SPDX-License-Identifier: Apache-2.0
#include "plan/memo.h"

namespace ashlar::plan {
namespace {

template <class Number>
void AppendNumber(Number number, std::string& key) {
  key.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void AppendText(const std::string& text, std::string& key) {
  AppendNumber(text.size(), key);
  key += text;
}

void AppendSelection(const call::Selection& selection, std::string& key) {
  AppendNumber(selection.fields.size(), key);
  for (const std::string& field : selection.fields) AppendText(field, key);
  AppendNumber(selection.includes.size(), key);
  for (const call::Selection::Include& include : selection.includes) {
    AppendText(include.key, key);
    AppendText(include.relation, key);
    AppendSelection(include.selection, key);
  }
}

}  // namespace

const Memo::Entry* Memo::Find(const call::Call& call, const call::Caller& caller) {
  key_.clear();
  if (caller.number == 0) return nullptr;
  AppendNumber(call.operation.value, key_);
  AppendNumber(caller.number, key_);
  AppendSelection(call.selection, key_);
  if (key_.size() > kMostKeyBytes) {
    key_.clear();
    return nullptr;
  }
  if (auto found = young_.find(key_); found != young_.end()) return &found->second;
  auto found = old_.find(key_);
  if (found == old_.end()) return nullptr;
  Entry entry = std::move(found->second);
  old_.erase(found);
  return Put(std::move(entry));
}

void Memo::Keep(Entry entry) {
  if (!key_.empty()) Put(std::move(entry));
}

const Memo::Entry* Memo::Put(Entry entry) {
  if (young_.size() >= kMostEntries / 2) {
    old_ = std::move(young_);
    young_.clear();
  }
  return &young_.insert_or_assign(key_, std::move(entry)).first->second;
}

}  // namespace ashlar::plan
