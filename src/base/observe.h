// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/trace.h"

namespace ashlar {

// Typed observations: modules say what happened, telemetry/ decides what is a log line, a counter or a span.
// No observation carries a body, a credential or a value of a row.

// One request, once its answer has been handed to the connection. Stage times in microseconds. Its texts are whoever's
// observes, and live as long as Observe runs.
struct RequestDone {
  int64_t wall_us = 0;  // when; 0: now
  std::string_view request_id;
  Trace trace;
  std::string_view method;
  std::string_view route;       // the template, "/v1/products/{id}"; "" if none matched
  std::string_view operation;   // "getProduct"; "" if none
  int status = 0;
  std::string_view error_code;  // "" if it went well
  std::string_view caller_id;   // user id, or "" when anonymous
  int64_t total_us = 0;
  int64_t auth_us = 0;
  int64_t decode_us = 0;
  int64_t plan_us = 0;
  int64_t queue_us = 0;     // until one of the store's threads took it; 0 where the loop ran it
  int64_t store_us = 0;
  int64_t encode_us = 0;
  int statements = 0;      // SQL statements, those of audit and transaction control left out
  int64_t bytes_out = 0;
};

// A defect that a request survived: a 500 with the same request id. `what` may name SQL and files.
struct Defect {
  std::string request_id;
  std::string where;
  std::string what;
};

// One operator's command that a server has done.
struct OperatorDone {
  struct Counts {
    size_t rows = 0;      // that were stored
    size_t mistakes = 0;  // in what it was given
  };
  std::string request_id;  // of what it changed, in the audit
  std::string command;     // "load", "user add"
  std::string outcome;     // "done", "refused", "failed"
  Counts counts;
  int64_t total_us = 0;
};

// What happened to an account. Its texts live as long as Observe runs; empty: nothing is known.
struct SecurityEvent {
  std::string_view name;  // of OWASP's Logging Vocabulary: "authn_login_fail"
  bool warns = false;     // worth a look
  std::string_view request_id;
  std::string_view user_id;
  std::string_view subject;  // the id of the session or key that it is about
  std::string_view address;
  std::string_view agent;
  bool by_operator = false;
};

enum class Severity { kInfo, kWarning, kError };

// Something about the process, not about one request.
struct Note {
  Severity severity = Severity::kInfo;
  std::string event;    // "server.started", "store.checkpoint"
  std::string message;
};

using Observation = std::variant<RequestDone, OperatorDone, SecurityEvent, Defect, Note>;

// Thread safe; never blocks and never throws.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void Observe(const Observation& observation) = 0;
};

}  // namespace ashlar
