// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.h"
#include "engine/engine.h"

namespace ashlar::identity {

// The rows of users, credentials and sessions, which identity/ reads and writes as the operator: no access rule of a
// contract opens or closes them. One loop's.
class Keeper {
 public:
  using Body = std::vector<std::pair<std::string_view, json::Json>>;

  explicit Keeper(engine::Engine& engine);

  const model::Service& service() const { return engine_.service(); }
  const model::Resource& user() const { return service().resource(service().user); }
  const model::Resource& credential() const { return service().resource(service().credential); }
  const model::Resource& session() const { return service().resource(service().session); }
  const model::Resource& second_factor() const { return service().resource(service().second_factor); }

  // Calls, to be run by one of those below.
  call::Call Making(const model::Resource& resource, json::Json body) const;
  // Of a row that must be of this version still, if one is given: what two try at once, one of them does.
  call::Call Changing(const model::Resource& resource, const std::string& id, Body body, int64_t version = 0) const;
  // Made where it is not there.
  call::Call Putting(const model::Resource& resource, const std::string& id, Body body) const;
  call::Call Removing(const model::Resource& resource, const std::string& id, int64_t version = 0) const;
  // The rows whose field is this, by their ids, as many as a page holds.
  call::Call Finding(const model::Resource& resource, std::string_view field, const std::string& value) const;

  Task<call::Answer<call::Outcome>> Get(Context& context, const model::Resource& resource, std::string id);
  // What is built in of a User, as its answers show it; or those fields of it.
  static std::vector<std::string> ShownFields() { return {"id", "email", "emailVerified", "roles", "createdAt"}; }
  Task<call::Answer<call::Outcome>> Show(Context& context, std::string user,
                                         std::vector<std::string> fields = ShownFields());
  Task<call::Answer<call::Outcome>> Do(Context& context, call::Call call);
  // In one transaction, all or none.
  Task<engine::SequenceAnswer> DoAll(Context& context, std::vector<call::Call> calls);
  // The same, if the User is there and not disabled by then; NOT_FOUND otherwise.
  Task<engine::SequenceAnswer> DoAllWhileEnabled(Context& context, std::string user, std::vector<call::Call> calls);
  // What a User does to their own account: the same as DoAll, but that an audit names them.
  Task<engine::SequenceAnswer> DoAllFor(Context& context, std::string user, std::vector<call::Call> calls,
                                        bool dry_run = false);

 private:
  call::Call For(const model::Resource& resource, model::OperationKind kind) const;
  engine::Engine& engine_;
  call::Caller as_;
};

json::Json ToJson(Keeper::Body body);
json::Json TimeJson(int64_t micros);
json::Json NumberJson(int64_t number);

}  // namespace ashlar::identity
