// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "app/operator/source_file.h"
#include "app/runtime.h"
#include "base/json/json.h"
#include "identity/events.h"

namespace ashlar::app {

constexpr size_t kMostFiles = 100;  // of one load: so many descriptors a server has to spare

// What an operator's command asks of the process that owns the store. It is the same whether that process is this one
// or a server behind its socket.
struct OperatorRequest {
  json::Json body;                // {"command": "load", ...}
  std::vector<SourceFile> files;  // of a load
};

// What came of it: an exit status (0, 1, 2, or a command's own) and what to print.
struct OperatorAnswer {
  int status = 0;
  std::string out;
  std::string err;
  OperatorDone::Counts counts = {};  // for the log, like the request id of what it changed
  std::string request_id = {};
};

// Told from time to time, while rows are read (of 0 so far) and stored, how many of all are done. False: whoever asked
// is gone, and nothing shall come of it.
using ReportProgress = std::function<bool(size_t done, size_t total)>;

// Runs it as the operator: types and checks bind it, access and readOnly do not.
OperatorAnswer Execute(const Runtime& runtime, const OperatorRequest& request, Observer& observer,
                       const ReportProgress& report);

// The commands, one file each.
OperatorAnswer ExecuteLoad(const Runtime& runtime, const OperatorRequest& request, Observer& observer,
                           const ReportProgress& report);
OperatorAnswer ExecuteToken(const Runtime& runtime, const json::Json& request, Observer& observer);
OperatorAnswer ExecuteKeyRotate(const Runtime& runtime, const json::Json& request);
OperatorAnswer ExecuteUser(const Runtime& runtime, const json::Json& request, Observer& observer);
// Of ExecuteUser: lets an address make an account, once. Its roles have been looked at.
OperatorAnswer InviteUser(const Runtime& runtime, const json::Json& request, Observer& observer);
// {"request": "GET /v1/orders/1", "body": "...", "as": "user:ID"}: why that is answered so. Statuses of its own: 3, it
// would be denied; 4, the row hidden; 5, the request refused for another reason.
OperatorAnswer ExecuteExplain(const Runtime& runtime, const json::Json& request, Observer& observer);
OperatorAnswer ExecuteClient(const Runtime& runtime, const json::Json& request, Observer& observer);
OperatorAnswer ExecuteKey(const Runtime& runtime, const json::Json& request, Observer& observer);
OperatorAnswer ExecuteEvents(const Runtime& runtime, const json::Json& request, Observer& observer);

// Sends the request to the server that owns the store at `place`, or opens the store with the contract at
// `contract` and executes it here; waits a little for another process that has the store.
OperatorAnswer RunAsOperator(const std::string& contract, const StorePlace& place, const OperatorRequest& request,
                             const ReportProgress& report);

// Reading and writing requests.
std::string TextOf(const json::Json& object, std::string_view name);  // "" if there is none
std::vector<std::string> TextsOf(const json::Json& object, std::string_view name);
json::Json MakeObject(std::vector<std::pair<std::string, json::Json>> members);
json::Json MakeTexts(const std::vector<std::string>& texts);

// The e-mail address of a User as it is stored: in folded case, in which it is unique.
void FoldEmail(json::Json& user);

// One Call as the operator, waited for.
call::Answer<call::Outcome> RunOne(const Runtime& runtime, const call::Call& call, Observer& observer);
// Several in one transaction, with what is to be kept of it and told to the log, once it is done; the first refusal,
// after which nothing of any remains.
std::optional<call::ApiError> RunTogether(const Runtime& runtime, std::vector<call::Call> calls, Observer& observer,
                                          std::vector<identity::Event> events = {});
// "--role: the contract has no role 'x'; ...", without the option; empty if it has it.
std::string UnknownRole(const model::Service& service, const std::string& role);
// "REQUIRED email must be given" for every detail, or the error's own words.
std::vector<std::string> Explain(const call::ApiError& error);

}  // namespace ashlar::app
