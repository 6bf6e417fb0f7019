// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json/json.h"
#include "engine/call_sequence.h"
#include "http/message.h"
#include "surface/rest/batch_form.h"
#include "surface/rest/encode.h"
#include "surface/rest/references.h"
#include "surface/rest/route.h"

namespace ashlar::surface::rest {

// The calls of POST /v1/batch (api.md, REST; docs/decisions/0012-batch.md). Each operation becomes a request of its own
// and goes the way of one: the same addresses, parameters, limits. One that refers to what came of another becomes so
// when its turn comes.
class Batch final : public engine::CallSequence {
 public:
  // REQUIRES: both outlive it.
  Batch(const model::Service& service, const Router& router) : service_(service), router_(router) {}

  // Reads the request. What is wrong with its form is told at once: of all operations, or of the first whose address
  // or method is none.
  std::optional<engine::Refused> Read(const http::Request& request);
  // The methods of the address of the operation that Read refused for its method.
  const std::string& allow() const { return allow_; }
  // The operations that were read: how they ask, and where; what refers to another one's answer stands as it was sent.
  size_t size() const { return operations_.size(); }
  const std::string& method(size_t which) const { return operations_[which].sent.method; }
  const std::vector<std::string>& segments(size_t which) const { return operations_[which].segments; }
  bool dry_run() const { return dry_run_; }
  const std::optional<call::Once>& once() const { return once_; }
  // Which one a refusal is about.
  std::optional<OperationPlace> PlaceOf(const engine::Refused& refused) const;
  // {"data": [{"id"?, "status", "data", "meta"?}], "meta"}
  std::string Encode(const std::vector<call::Outcome>& outcomes, const Meta& meta) const;

  void Start() override;
  call::Answer<const call::Call*> Next() override;
  void Answered(const call::Outcome& outcome) override;
  bool writes() const override;
  bool reads() const override;

 private:
  struct Operation {
    BatchOperation sent;
    Match match;
    std::vector<std::string> segments;  // of its path
    std::optional<call::Call> call;  // where nothing of it is a reference
    bool referred = false;  // a later one refers to it
  };
  std::string AllowOf(const http::Request& request) const;
  call::Answer<Match> MatchOf(const BatchOperation& sent, http::Request& request) const;
  call::Call CallOf(http::Request request, const Match& match, const BatchOperation& sent,
                    const std::optional<json::Json>& body) const;
  call::Answer<call::Call> Resolved(const Operation& operation) const;
  std::expected<const json::Json*, std::string> LookUp(const Reference& reference) const;
  void WriteData(const Operation& operation, const call::Outcome& outcome, json::Writer& out,
                 std::vector<std::string>& more) const;

  const model::Service& service_;
  const Router& router_;
  std::string allow_;
  bool dry_run_ = false;
  std::optional<call::Once> once_;
  std::vector<Operation> operations_;
  size_t next_ = 0;
  call::Call late_;  // of an operation with references
  size_t referred_ = 0;  // bytes of the answers that are referred to, as text
  std::map<std::string, json::Json> answers_;  // of those that are referred to, by id
};

}  // namespace ashlar::surface::rest
