// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.h"
#include "engine/engine.h"
#include "identity/events.h"

namespace ashlar::identity {

// The rows of users, credentials and sessions, which identity/ reads and writes as the operator: no access rule of a
// contract opens or closes them. One loop's.
class Keeper {
 public:
  using Body = std::vector<std::pair<std::string_view, json::Json>>;

  // What is read within a transaction, where nobody can come between, and what follows of it: more calls, or that all
  // of it is refused. Judged by the store's thread.
  using Judged = call::Answer<std::vector<call::Call>>;
  using Judge = std::function<Judged(const call::Outcome&)>;
  struct Look {
    call::Call call;
    Judge judge;
  };

  explicit Keeper(engine::Engine& engine);

  const model::Service& service() const { return engine_.service(); }
  const model::Resource& user() const { return service().resource(service().user); }
  const model::Resource& credential() const { return service().resource(service().credential); }
  const model::Resource& session() const { return service().resource(service().session); }
  const model::Resource& second_factor() const { return service().resource(service().second_factor); }
  const model::Resource& api_key() const { return service().resource(service().api_key); }

  const model::Resource& device() const { return service().resource(service().device); }
  const model::Resource& client() const { return service().resource(service().client); }
  const model::Resource& consent() const { return service().resource(service().consent); }

  // Calls, to be run by one of those below.
  call::Call Making(const model::Resource& resource, json::Json body) const;
  // Of a row that must be of this version still, if one is given: what two try at once, one of them does.
  call::Call Changing(const model::Resource& resource, const std::string& id, Body body, int64_t version = 0) const;
  // Made where it is not there.
  call::Call Putting(const model::Resource& resource, const std::string& id, Body body) const;
  call::Call Removing(const model::Resource& resource, const std::string& id, int64_t version = 0) const;
  // The rows whose field is this, by their ids, as many as a page holds.
  call::Call Finding(const model::Resource& resource, std::string_view field, const std::string& value) const;

  // The first rows by that field, and how many there are.
  call::Call Listing(const model::Resource& resource, std::string_view field, int64_t rows) const;

  // NOT_FOUND where the row is not there.
  Look LookingAt(const model::Resource& resource, const std::string& id, Judge judge) const;

  Task<call::Answer<call::Outcome>> Get(Context& context, const model::Resource& resource, std::string id);
  // What is built in of a User, as its answers show it; or those fields of it.
  static std::vector<std::string> ShownFields() { return {"id", "email", "emailVerified", "roles", "createdAt"}; }
  Task<call::Answer<call::Outcome>> Show(Context& context, std::string user,
                                         std::vector<std::string> fields = ShownFields());
  Task<call::Answer<call::Outcome>> Do(Context& context, call::Call call);
  // In one transaction, all or none; with what is to be kept of it and told to the log, once it is done. The looks come
  // behind the calls.
  Task<engine::SequenceAnswer> DoAll(Context& context, std::vector<call::Call> calls, std::vector<Event> events = {},
                                     std::vector<Look> looks = {});
  // The same, if the User is there and not disabled by then; NOT_FOUND otherwise.
  Task<engine::SequenceAnswer> DoAllWhileEnabled(Context& context, std::string user, std::vector<call::Call> calls,
                                                 std::vector<Event> events = {}, std::vector<Look> looks = {});
  // What a User does to their own account: the same as DoAll, but that an audit names them.
  Task<engine::SequenceAnswer> DoAllFor(Context& context, std::string user, std::vector<call::Call> calls,
                                        std::vector<Event> events = {}, bool dry_run = false);
  // Keeps an event by itself and tells the log. That it cannot be kept is no trouble of who asks.
  Task<void> Tell(Context& context, Event event);

 private:
  call::Call For(const model::Resource& resource, model::OperationKind kind) const;
  // The calls, and those that keep the events.
  std::vector<call::Call> WithEvents(const Context& context, std::vector<call::Call> calls,
                                     const std::vector<Event>& events);
  engine::Engine& engine_;
  call::Caller as_;
  EventBudget budget_;
};

json::Json ToJson(Keeper::Body body);
json::Json TimeJson(int64_t micros);
json::Json NumberJson(int64_t number);

}  // namespace ashlar::identity
