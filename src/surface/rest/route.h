// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "call/api_error.h"
#include "model/service.h"

namespace ashlar::surface::rest {

// Where a request goes: an operation, or why nowhere.
struct Match {
  const model::Operation* operation = nullptr;
  bool row = false;              // the third segment is the id of a row
  std::string_view route;        // "/v1/products/{id}"; the router's, like `allow`
  std::string_view allow;        // methods of the address, for 405 and OPTIONS; empty: there is no such address
  bool batch = false;            // POST of the batch, which is no operation of a resource
  bool options = false;          // OPTIONS: answered with `allow` alone
  call::ApiError refusal;        // where there is no operation and it is not OPTIONS
};

// The addresses of a service (api.md, REST), from its operations. Immutable; safe to share between threads.
class Router {
 public:
  struct Address {
    std::string route;
    std::vector<std::pair<std::string_view, const model::Operation*>> methods;  // GET serves HEAD too
    std::string allow;
  };

  explicit Router(const model::Service& service);

  // `segments` are the path's, decoded once: {"v1", "products", "42"}. The same ones are all that any check sees.
  Match Find(std::string_view method, const std::vector<std::string>& segments) const;

  // "/v1/batch"
  const std::string& batch() const { return batch_; }
  // Every address that has an operation, in a fixed order.
  std::vector<Address> Addresses() const;

 private:
  struct Collection {
    Address rows, aggregate, row, restore, history;
  };
  Match Choose(std::string_view method, const Address& address, bool row) const;
  Match OfBatch(std::string_view method) const;
  Match Nowhere(const std::vector<std::string>& segments) const;

  std::string version_;
  std::string batch_;
  bool accounts_, provider_;  // whether there is /auth, /oauth
  std::map<std::string, Collection, std::less<>> collections_;
};

}  // namespace ashlar::surface::rest
