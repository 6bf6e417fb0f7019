// SPDX-License-Identifier: Apache-2.0
#include "surface/rest/route.h"

namespace ashlar::surface::rest {
namespace {

using model::OperationKind;

// Addresses of later builds, refused by name.
constexpr std::string_view kLaterRoots[] = {"graphql"};
constexpr std::string_view kLaterWords[] = {"changes"};

template <class Words>
bool IsOneOf(const Words& words, std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

}  // namespace

Router::Router(const model::Service& service)
    : version_(service.version),
      batch_("/" + service.version + "/batch"),
      accounts_(service.identity.has_value()),
      provider_(service.identity && service.identity->provider) {
  for (const model::Operation& operation : service.operations) {
    const model::Resource& resource = service.resource(operation.resource);
    if (operation.internal || !resource.routed) continue;
    Collection& collection = collections_[resource.collection];
    std::string base = "/" + version_ + "/" + resource.collection;
    collection.rows.route = base;
    collection.row.route = base + "/{id}";
    collection.restore.route = base + "/{id}/restore";
    collection.history.route = base + "/{id}/history";
    collection.aggregate.route = base + "/aggregate";
    switch (operation.kind) {
      case OperationKind::kList:
        collection.rows.methods.emplace_back("GET", &operation);
        collection.rows.methods.emplace_back("QUERY", &operation);
        break;
      case OperationKind::kCreate: collection.rows.methods.emplace_back("POST", &operation); break;
      case OperationKind::kGet: collection.row.methods.emplace_back("GET", &operation); break;
      case OperationKind::kUpdate: collection.row.methods.emplace_back("PATCH", &operation); break;
      case OperationKind::kReplace: collection.row.methods.emplace_back("PUT", &operation); break;
      case OperationKind::kDelete: collection.row.methods.emplace_back("DELETE", &operation); break;
      case OperationKind::kRestore: collection.restore.methods.emplace_back("POST", &operation); break;
      case OperationKind::kHistory: collection.history.methods.emplace_back("GET", &operation); break;
      case OperationKind::kAggregate: collection.aggregate.methods.emplace_back("GET", &operation); break;
    }
  }
  for (auto& [name, collection] : collections_) {
    for (Address* address :
         {&collection.rows, &collection.row, &collection.restore, &collection.history, &collection.aggregate}) {
      for (const auto& [method, operation] : address->methods) {
        address->allow += fmt::format("{}{}", method, method == "GET" ? ", HEAD, " : ", ");
      }
      address->allow += "OPTIONS";
    }
  }
}

Match Router::Find(std::string_view method, const std::vector<std::string>& segments) const {
  if (segments.size() < 2 || segments[0] != version_) return Nowhere(segments);
  if (segments.size() == 2 && segments[1] == "batch") return OfBatch(method);
  auto found = collections_.find(segments[1]);
  if (found == collections_.end()) return Nowhere(segments);
  const Collection& collection = found->second;
  if (segments.size() == 2) return Choose(method, collection.rows, false);
  const std::string& id = segments[2];
  if (id == "aggregate" && segments.size() == 3) return Choose(method, collection.aggregate, false);
  bool reserved = id == "aggregate" || IsOneOf(kLaterWords, id) || id == "history" || id == "restore" || id.empty();
  if (segments.size() > 4 || reserved) return Nowhere(segments);
  if (segments.size() == 3) return Choose(method, collection.row, true);
  if (segments[3] == "restore") return Choose(method, collection.restore, true);
  if (segments[3] == "history") return Choose(method, collection.history, true);
  return Nowhere(segments);
}

std::vector<Router::Address> Router::Addresses() const {
  std::vector<Address> addresses;
  for (const auto& [name, collection] : collections_) {
    for (const Address* address :
         {&collection.rows, &collection.aggregate, &collection.row, &collection.restore, &collection.history}) {
      if (!address->methods.empty()) addresses.push_back(*address);
    }
  }
  return addresses;
}

Match Router::OfBatch(std::string_view method) const {
  Match match;
  match.route = batch();
  match.allow = "POST, OPTIONS";
  match.batch = method == "POST";
  match.options = method == "OPTIONS";
  match.refusal = {call::Code::kMethodNotAllowed, fmt::format("{} does not take {}", match.route, method), {}};
  return match;
}

Match Router::Choose(std::string_view method, const Address& address, bool row) const {
  if (address.methods.empty()) return Nowhere({});
  Match match;
  match.row = row;
  match.allow = address.allow;
  match.route = address.route;
  std::string_view looked_for = method == "HEAD" ? "GET" : method;
  for (const auto& [name, operation] : address.methods) {
    if (name == looked_for) match.operation = operation;
  }
  match.options = method == "OPTIONS";
  if (match.operation != nullptr || match.options) return match;
  match.refusal = {call::Code::kMethodNotAllowed, fmt::format("{} does not take {}", match.route, method), {}};
  return match;
}

Match Router::Nowhere(const std::vector<std::string>& segments) const {
  Match match;
  std::string message = "there is nothing at this address";
  if (!segments.empty() && IsOneOf(kLaterRoots, segments[0])) {
    message = fmt::format("'/{}' is not supported by this build", segments[0]);
  } else if (!segments.empty() && (segments[0] == "auth" || segments[0] == "oauth")) {
    const bool there = segments[0] == "auth" ? accounts_ : provider_;
    message = there ? fmt::format("'/{}' is built in, and no operation of the contract", segments[0])
                    : fmt::format("'/{}' needs '{}' in the contract", segments[0],
                                  segments[0] == "auth" ? "identity" : "identity.provider");
  } else if (segments.size() == 3 && IsOneOf(kLaterWords, segments[2])) {
    message = fmt::format("'{}' is not supported by this build", segments[2]);
  } else if (!segments.empty() && (segments[0] == "batch" || collections_.contains(segments[0]))) {
    message += fmt::format(" (did you mean '/{}/{}'?)", version_, segments[0]);
  }
  match.refusal = {call::Code::kRouteNotFound, std::move(message), {}};
  return match;
}

}  // namespace ashlar::surface::rest
