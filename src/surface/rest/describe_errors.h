// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <vector>

#include "call/api_error.h"
#include "model/service.h"
#include "surface/rest/describe_answers.h"

namespace ashlar::surface::rest {

// The errors behind one status.
using Group = std::vector<const call::CodeRow*>;

// What a request can be refused with, by status: an operation's; a batch's, which is refused as any of its operations
// or for its own form; of what is no operation of a resource.
std::map<int, Group> ErrorsOf(const model::Service& service, const model::Operation& operation);
std::map<int, Group> ErrorsOfBatch(const model::Service& service);
std::map<int, Group> ErrorsOfOther(const OtherAnswer& answer);
// What is told before it is known what is asked.
Group Beforehand();

// A PUT makes what is not there, where the id is the client's to give.
bool Creates(const model::Resource& resource, model::OperationKind kind);

}  // namespace ashlar::surface::rest
