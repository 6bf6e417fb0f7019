// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/postgres/codec.h"

namespace ashlar::store::postgres {

// A statement that a connection's server keeps under a name, or will, once what was sent has arrived.
struct PreparedStatement {
  std::string sql;
  std::vector<Oid> types;
  std::string name;
  bool there = false;  // the server has said so
};

// The statements that one connection has prepared: the `most` of them that were asked for last, by text and types of
// the parameters. One thread's.
class Prepared {
 public:
  using Entry = std::shared_ptr<PreparedStatement>;

  explicit Prepared(size_t most) : most_(most) {}

  // The one that is kept, if it is.
  Entry Find(std::string_view sql, std::span<const Oid> types);
  // Keeps a new one, and no longer the one that nobody has asked for for the longest time, if they are too many.
  // REQUIRES: Find has given none.
  Entry Add(std::string_view sql, std::span<const Oid> types);
  // It is found no longer, and the server may forget it as well.
  void Forget(const Entry& entry);
  // The names of those that the server may forget; told once.
  std::vector<std::string> TakeDropped() { return std::exchange(dropped_, {}); }
  bool any_dropped() const { return !dropped_.empty(); }
  size_t size() const { return recent_.size(); }

 private:
  // Views what the entry holds.
  struct Key {
    std::string_view sql;
    std::span<const Oid> types;
    bool operator==(const Key& other) const;
  };
  struct Hash {
    size_t operator()(const Key& key) const;
  };

  bool Remove(Entry entry);

  const size_t most_;
  uint64_t named_ = 0;
  std::list<Entry> recent_;  // the one that was asked for last comes first
  std::unordered_map<Key, std::list<Entry>::iterator, Hash> places_;
  std::vector<std::string> dropped_;
};

}  // namespace ashlar::store::postgres
