// SPDX-License-Identifier: Apache-2.0
// Any target and body, from their bytes to the plan: there is a plan, or an error that is the caller's to mend. Who may
// not read a field gets no plan that filters by it, and a query means the same however it is encoded.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/utf8.h"
#include "contract/contract.h"
#include "http/head.h"
#include "http/path.h"
#include "plan/planner.h"
#include "surface/rest/decode.h"
#include "surface/rest/query.h"
#include "surface/rest/route.h"

namespace ashlar {
namespace {

constexpr const char* kContract = R"(service: fuzz
roles: { staff: {} }
resources:
  Thing:
    id: int
    softDelete: true
    audit: true
    fields:
      name: { type: string!, max: 20, search: true }
      secret: { type: string, read: hasRole('staff'), write: hasRole('staff') }
      whole: { type: int, min: -5, max: 500 }
      real: float
      money: decimal(6,2)
      flag: { type: bool!, default: false }
      day: date
      time: datetime
      span: duration
      pick: { type: 'enum(one, two)', default: one, transitions: { one: [two] } }
      tags: '[string]'
      data: json
      blob: bytes
      shelf: Shelf
    checks: [{ rule: whole == null || whole != 13, message: unlucky }]
    access: { read: true, write: flag || hasRole('staff'), restore: true, history: true }
  Shelf:
    id: uuid
    fields: { name: { type: string, unique: true }, things: { many: Thing, via: shelf } }
    access: { read: name != 'x', write: signedIn }
  Place:
    id: [shelf, day]
    fields: { shelf: Shelf!, day: date!, note: text }
    access: { read: public, write: public }
)";

constexpr std::string_view kMethods[] = {"GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"};
constexpr std::string_view kTypes[] = {"application/json", "application/merge-patch+json",
                                       "application/json-patch+json", "text/plain"};

void Require(bool condition) {
  if (!condition) std::abort();
}

class Nobody final : public Observer {
  void Observe(const Observation&) override {}
};

std::shared_ptr<const model::Service> MakeService() {
  contract::Source source{"fuzz.yaml", kContract};
  return contract::Compile({&source, 1}, {}).value();
}

void CheckError(const call::ApiError& error) {
  const call::CodeRow& row = call::RowOf(error.code);
  Require(row.status >= 400 && row.status < 500);
  Require(!error.message.empty() && IsValidUtf8(error.message));
  for (const call::ErrorDetail& detail : error.details) {
    Require(!detail.message.empty() && IsValidUtf8(detail.message) && IsValidUtf8(detail.field));
  }
}

// However the names and values are escaped, they are read again.
void CheckEncoding(const http::Parameters& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    text += (text.empty() ? "" : "&") + http::EncodeQuery(name) + "=" + http::EncodeQuery(value);
    std::vector<std::string> parts = surface::rest::SplitValues(value);
    if (value.contains('\\')) continue;
    std::string escaped;
    for (char c : value) escaped += c == ',' ? std::string("\\,") : std::string(1, c);
    Require(surface::rest::SplitValues(escaped) == std::vector{value});
    Require(parts.size() == static_cast<size_t>(std::ranges::count(value, ',')) + 1);
  }
  if (parameters.empty()) return;
  auto again = http::ParseQuery(text);
  Require(again.has_value() && *again == parameters);
}

bool FiltersBySecret(const http::Request& request) {
  return std::ranges::any_of(request.query,
                             [](const auto& one) { return one.first == "secret" || one.first.starts_with("secret["); });
}

void Plan(const surface::rest::Match& match, const http::Request& request, const model::Service& service) {
  static const plan::Planner planner(service, {1, 2, 3});
  static Nobody observer;
  call::Call call = surface::rest::Decode(request, match);
  if (call.malformed) CheckError(*call.malformed);
  call::Caller nobody;
  call::Caller ann{.kind = call::Caller::Kind::kPrincipal, .principal = {}, .id = "ann"};
  call::Caller staff{.kind = call::Caller::Kind::kPrincipal, .principal = {}, .id = "s"};
  ann.principal.kind = "user";
  ann.principal.id = types::Uuid{};
  staff.principal.kind = "service";
  staff.principal.roles = {"staff"};
  call::Caller operators;
  operators.kind = call::Caller::Kind::kOperator;
  for (const call::Caller* caller : {&nobody, &ann, &staff, &operators}) {
    Context context{"id", {}, SystemClock(), observer};
    auto plan = planner.MakePlan(call, *caller, context);
    if (!plan) CheckError(plan.error());
    Require(!plan || !call.malformed);
    bool may_read = caller == &staff || caller == &operators;
    if (plan && !may_read && match.operation->kind == model::OperationKind::kList) Require(!FiltersBySecret(request));
  }
}

}  // namespace
}  // namespace ashlar

// The first byte says the method and the type of the body; then the target, and behind the first line's end the body.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ashlar;
  static const std::shared_ptr<const model::Service> service = MakeService();
  static const surface::rest::Router router(*service);
  if (size < 2) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  size_t end = std::min(text.find('\n'), text.size());
  http::Request request;
  request.method = kMethods[data[0] % std::size(kMethods)];
  request.target = text.substr(0, end);
  if (!http::WrongInTarget(request.target).empty()) return 0;
  if (auto refused = http::ReadTarget(request.target, request)) {
    Require(refused->status >= 400 && refused->status < 500 && !refused->reason.empty());
    return 0;
  }
  CheckEncoding(request.query);
  if (end < text.size()) {
    request.body = text.substr(end + 1);
    request.headers.push_back({"Content-Type", std::string(kTypes[data[0] / 16 % std::size(kTypes)])});
  }
  surface::rest::Match match = router.Find(request.method, request.segments);
  if (match.operation != nullptr) Plan(match, request, *service);
  return 0;
}
