// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/task.h"
#include "store/postgres/pool.h"
#include "store/postgres/violations.h"
#include "store/sql/statement.h"
#include "store/store.h"

namespace ashlar::store::postgres {

// Where the statements of one unit go. One at a time.
class Way {
 public:
  virtual ~Way() = default;
  using Plans = std::span<const plan::Statement>;
  // One reply for each, or fewer, of which the last is Trouble. `plans`: what the statements were rendered of.
  virtual Task<Result<Replies>> Ask(Context& context, std::vector<sql::Sql> statements, Plans plans) = 0;
};

// Over the connections that all reads of the loop share: each step sees what is committed when it comes.
class SharedWay final : public Way {
 public:
  explicit SharedWay(Pool& pool) : pool_(pool) {}
  Task<Result<Replies>> Ask(Context& context, std::vector<sql::Sql> statements, Plans plans) override;

 private:
  Pool& pool_;
};

// Within a transaction on a connection of one's own, begun with the first statement:  Ask* Commit?
class HeldWay final : public Way {
 public:
  // `begin` opens it. `careful`: statements that may be refused are taken back to where they began, so that others may
  // follow; else whoever asks for more behind a refusal finds the transaction spoilt.
  HeldWay(Lease lease, const model::Service& service, std::string_view begin, bool careful)
      : lease_(std::move(lease)), service_(service), begin_(begin), careful_(careful) {}

  // Waits for its turn among those who name the same number, until the lease ends. REQUIRES: before the first Ask, as a
  // transaction sees what was there when it began.
  Task<Result<void>> Queue(Context& context, int64_t turn);
  // Takes back what was done, and begins anew, in the same turn.
  Task<Result<void>> Restart(Context& context, bool careful);

  Task<Result<Replies>> Ask(Context& context, std::vector<sql::Sql> statements, Plans plans) override;
  // What was written is kept. Trouble: it is not.
  Task<Result<std::optional<Trouble>>> Commit(Context& context);
  // Whether something was asked, or to be kept, behind a refusal, which only a careful one can do.
  bool spoilt() const { return spoilt_; }
  // The trouble that ended it, if it may succeed when it is begun anew.
  bool may_go_again() const { return may_go_again_; }
  // A number for the row that it was about to write when others came between, or else for the last one that it wrote;
  // nothing: none that is known.
  std::optional<int64_t> turn() const;

 private:
  struct Row {
    model::ResourceId resource;
    types::List key;
  };
  // Whether the statement writes a row whose key is known.
  bool Remember(const plan::Statement& statement);
  void Notice(const Trouble& trouble, const plan::Statement& refused);

  Lease lease_;
  const model::Service& service_;
  const std::string_view begin_;
  bool careful_;
  bool begun_ = false;
  bool refused_ = false;  // the last statements were
  bool spoilt_ = false;
  bool may_go_again_ = false;
  std::optional<Row> written_;
};

// Runs all plans of a unit, in order, until one is refused (or all of them: Unit::collect_all, Unit::feed). The
// transaction is the way's.
Task<Result<Outcomes>> RunUnit(Way& way, const model::Service& service, const Violations& violations, Context& context,
                               Unit& unit);

}  // namespace ashlar::store::postgres
