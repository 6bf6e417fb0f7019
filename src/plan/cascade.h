// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <set>

#include "plan/write_program.h"

namespace ashlar::plan {

// What differs of one row that stays, with version, time and audit.
std::vector<Statement> MakeChange(const WriteRequest& request, const model::Resource& of, const Values& before,
                                  Values after, std::string_view action);

// A row that goes for good, and what `onDelete` says of those that refer to it: they go too, lose the reference, or
// hold it. Deleted rows count. A step of a program, whose state it is:
//   Begin Continue*
// Continue gives nothing once all is written, or where it is refused().
class Cascade {
 public:
  // `action`: what the row's own audit calls it.
  std::vector<Statement> Begin(const WriteRequest& request, Values row, std::string action);
  // REQUIRES: the answers of the last statements.
  std::vector<Statement> Continue(const std::vector<Answer>& answers);
  std::optional<call::ApiError>& refused() { return refused_; }

 private:
  using Named = std::pair<ResourceId, std::string>;  // a row by its id as text
  struct Level {
    ResourceId resource;
    std::vector<Values> rows;
  };
  // A question for rows that refer to those of a level, and which of their fields it gives.
  struct Asked {
    ResourceId resource;
    FieldId field;
    model::OnDelete on_delete;
    std::vector<FieldId> fields;
  };
  // A row that stays, without some of its references.
  struct Cleared {
    Values row;
    std::set<FieldId> fields;
  };
  struct Restricting {
    size_t place;  // of the answer
    ResourceId by;
  };

  std::vector<Statement> Expand();
  std::vector<Statement> Children(const std::vector<Answer>& answers);
  std::vector<Statement> Write();
  void AskRestricting(const model::Resource& of, const std::vector<Values>& rows, std::vector<Statement>& statements);
  void Judge(const std::vector<Answer>& answers);
  call::ApiError ReferredToBy(const model::Resource& by) const;
  std::vector<Statement> Refuse(call::ApiError error);

  const WriteRequest* request_ = nullptr;
  std::string action_;
  bool written_ = false;
  std::vector<Level> levels_;   // the row itself first
  std::vector<Level> pending_;  // found, not yet expanded
  std::vector<Asked> asked_;
  std::map<Named, Cleared> cleared_;
  std::set<Named> seen_;  // that go
  std::vector<Restricting> restricting_;
  std::optional<call::ApiError> refused_;
};

}  // namespace ashlar::plan
