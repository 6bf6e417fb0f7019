// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "contract/contract.h"
#include "contract/draft.h"

namespace ashlar::contract {

// What one finding is about: where it stands in the sources, and how `accept` names it.
struct Found {
  Place place;
  std::string at;  // "Order", "Order.email", "roles.clerk", "rules.mine", "limits.1"
  size_t row = 0;  // of the table
  std::string message;
  auto operator<=>(const Found&) const = default;
};

// Goes through a contract without mistakes and notes what a reviewer would say of it.
class Review {
 public:
  // `draft` must outlive this; all mistakes have been told: there are none.
  explicit Review(const Draft& draft) : draft_(draft) {}

  const model::Service& service() const { return *draft_.service; }
  const Draft& draft() const { return draft_; }
  // The resources that the contract writes: its own, and User where it adds to it.
  void ForEachResource(const std::function<void(const model::Resource&, const ResourceDraft&)>& visit) const;

  // All that follows is found by this row of the table.
  void Begin(size_t row) { row_ = row; }
  void Tell(const model::Resource& resource, std::string message);
  // At one of its keys, where it is given.
  void TellAtKey(const model::Resource& resource, std::string_view key, std::string message);
  // At the field or relation as the contract declares it.
  void TellOfField(const model::Resource& resource, std::string_view declared, std::string message);
  void TellOfRole(std::string_view role, std::string message);
  void TellOfRule(const RuleDraft& rule, std::string message);
  void TellOfLimit(size_t index, std::string message);

  const std::vector<Found>& found() const { return found_; }

 private:
  const ResourceDraft& SourceOf(const model::Resource& resource) const { return draft_.resources[resource.id.index()]; }
  void Add(Place place, std::string at, std::string message) {
    found_.push_back({place, std::move(at), row_, std::move(message)});
  }

  const Draft& draft_;
  size_t row_ = 0;
  std::vector<Found> found_;
};

}  // namespace ashlar::contract
