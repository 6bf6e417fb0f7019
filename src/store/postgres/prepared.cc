// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/prepared.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace ashlar::store::postgres {

bool Prepared::Key::operator==(const Key& other) const {
  return sql == other.sql && std::ranges::equal(types, other.types);
}

size_t Prepared::Hash::operator()(const Key& key) const {
  const std::string_view types(reinterpret_cast<const char*>(key.types.data()), key.types.size_bytes());
  return std::hash<std::string_view>{}(key.sql) ^ (std::hash<std::string_view>{}(types) << 1);
}

Prepared::Entry Prepared::Find(std::string_view sql, std::span<const Oid> types) {
  auto found = places_.find(Key{sql, types});
  if (found == places_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second);
  return recent_.front();
}

Prepared::Entry Prepared::Add(std::string_view sql, std::span<const Oid> types) {
  if (recent_.size() >= most_) {
    dropped_.push_back(recent_.back()->name);  // what has not arrived yet will be there before the server reads this
    Remove(recent_.back());
  }
  auto entry = std::make_shared<PreparedStatement>();
  entry->sql = sql;
  entry->types.assign(types.begin(), types.end());
  entry->name = fmt::format("ashlar_{}", ++named_);
  recent_.push_front(entry);
  places_.emplace(Key{entry->sql, entry->types}, recent_.begin());
  return entry;
}

bool Prepared::Remove(Entry entry) {
  auto found = places_.find(Key{entry->sql, entry->types});
  if (found == places_.end() || *found->second != entry) return false;
  auto place = found->second;
  places_.erase(found);
  recent_.erase(place);
  return true;
}

void Prepared::Forget(const Entry& entry) {
  if (Remove(entry) && entry->there) dropped_.push_back(entry->name);
}

}  // namespace ashlar::store::postgres
