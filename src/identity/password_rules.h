// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "call/api_error.h"
#include "identity/breached_list.h"
#include "model/service.h"

namespace ashlar::identity {

inline constexpr size_t kMostPassword = 256;  // bytes

// What a new password must be like, whoever sets it (docs/decisions/0031-accounts-made-whole.md). Safe to share between
// threads.
class PasswordRules {
 public:
  using Verdict = call::Answer<std::optional<call::ErrorDetail>>;

  // An Error names a list of breached passwords that cannot be used. REQUIRES: the service has an identity, and
  // outlives it.
  static Result<std::unique_ptr<const PasswordRules>> Open(const model::Service& service);

  // What is wrong with it, if anything; never which word or which entry of a list it is like. `email` is its user's.
  // Takes milliseconds and waits for the disk: not for a loop. UNAVAILABLE where it cannot be judged.
  Verdict Judge(std::string_view field, const std::string& password, std::string_view email) const;

 private:
  PasswordRules(const model::Service& service, std::unique_ptr<const BreachedList> breached)
      : service_(service), breached_(std::move(breached)) {}

  const model::Service& service_;
  std::unique_ptr<const BreachedList> breached_;  // null: there is none
};

}  // namespace ashlar::identity
