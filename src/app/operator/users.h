// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "app/operator/request.h"

namespace ashlar::app {

// Users as the operator's commands find and change them.
struct FoundUser {
  std::string id;
  std::string email;
  std::vector<std::string> roles;
  bool disabled = false;
};

call::Call CallOf(const Runtime& runtime, model::ResourceId resource, model::OperationKind kind);
// Those whom an id or an address names; all of them if it is empty.
call::Answer<std::vector<FoundUser>> FindUsers(const Runtime& runtime, const std::string& who, Observer& observer);
// The one of them, or what to tell.
std::expected<FoundUser, OperatorAnswer> FindUser(const Runtime& runtime, const std::string& who, Observer& observer);

OperatorAnswer Wrong(std::string message);
OperatorAnswer Refused(const call::ApiError& error);

// What is wrong with a password that an operator gives to the user with that address, as the command tells it; empty if
// it is right.
std::string JudgePassword(const Runtime& runtime, const std::string& password, const std::string& email);
// The call that makes the credential of a User who has none. Takes as long as a hash does.
call::Call MakingCredential(const Runtime& runtime, const std::string& user, const std::string& password);
// Does what changes a User, sets their password if one is given, and ends their sessions, in one transaction; and those
// that begin meanwhile; `told` is kept of it. Why not, if it is not done.
std::optional<call::ApiError> ShutOut(const Runtime& runtime, const std::string& user,
                                      const std::vector<call::Call>& changes, const std::string& password,
                                      Observer& observer, const std::vector<identity::Event>& told);

// {"who", "password"}: sets it and ends the user's sessions.
OperatorAnswer SetPassword(const Runtime& runtime, const json::Json& request, Observer& observer);

}  // namespace ashlar::app
