// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/sql/statement.h"

namespace ashlar::store::sqlite {

// The SQL of statements. Of those that come again with other values alone (plan::Lookup and plan::Probe that are kept,
// plan::Insert, queries of one signature) the text is kept, and only the values are put in anew. Bounded. One thread at
// a time.
class Rendered {
 public:
  static constexpr size_t kMost = 1024;  // texts
  static constexpr size_t kMostWithDecimals = 256;  // besides

  size_t kept() const { return lookups_.size() + probes_.size() + queries_.size() + with_decimals_.size(); }
  // A text, and the values for it. Of a statement that brings a row, the row's values, field by field but for computed
  // ones, come first: they are the statement's, and stand for as many of the text's own parameters, which are nulls.
  struct Ready {
    const sql::Sql& sql;
    const model::Resource* of_row = nullptr;
    const types::Values* row = nullptr;
  };
  // Valid until the next call, and as long as the statement.
  Ready Of(const model::Service& service, const plan::Statement& statement);

 private:
  // What is kept, and what its name (an address) belongs to, held so that nothing else gets that address.
  struct Kept {
    std::vector<std::shared_ptr<const void>> held;
    sql::Sql sql;
  };
  const sql::Sql& OfLookup(const model::Service& service, const plan::Lookup& lookup);
  Ready OfProbe(const model::Service& service, const plan::Probe& probe);
  const sql::Sql& OfQuery(const model::Service& service, const plan::Query& query);
  Ready OfInsert(const model::Service& service, const plan::Insert& insert);
  void MakeRoom();

  std::unordered_map<const void*, Kept> lookups_;  // by form
  std::unordered_map<const void*, std::vector<Kept>> probes_;  // by their first expression
  std::unordered_map<uint32_t, sql::Sql> inserts_;  // by resource
  std::unordered_map<std::string, sql::Sql> queries_, with_decimals_;  // by the shape of their signature
  size_t count_ = 0;  // of all but the inserts and those with decimals
  sql::Sql other_;
};

}  // namespace ashlar::store::sqlite
