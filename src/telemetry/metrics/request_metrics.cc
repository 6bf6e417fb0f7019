// SPDX-License-Identifier: Apache-2.0
#include "telemetry/metrics/request_metrics.h"

namespace ashlar::telemetry {
namespace {

// Methods that HTTP knows; others share the first name (OpenTelemetry, http.request.method).
constexpr std::array<std::string_view, 9> kMethods = {"_OTHER", "GET",  "POST",    "PATCH", "PUT",
                                                      "DELETE", "HEAD", "OPTIONS", "QUERY"};
constexpr std::array<std::string_view, 4> kClasses = {"2xx", "3xx", "4xx", "5xx"};
constexpr std::array<std::string_view, 6> kStages = {"auth", "decode", "plan", "queue", "store", "encode"};

size_t MethodOf(std::string_view name) {
  size_t i = kMethods.size() - 1;
  while (i > 0 && kMethods[i] != name) --i;
  return i;
}

size_t ClassOf(int status) { return static_cast<size_t>(std::clamp(status / 100, 2, 5) - 2); }

}  // namespace

// What one loop has counted. Observe is that loop's alone; everything else any thread's.
class RequestMetrics::Loop final : public Observer {
 public:
  explicit Loop(RequestMetrics& all) : all_(all), errors_(all.names_.error_codes.size() + 1), cells_(all.Cells()) {}
  ~Loop() override {
    for (auto& cell : cells_) delete cell.load(std::memory_order_relaxed);
  }

  void Observe(const Observation& observation) override {
    const auto* request = std::get_if<RequestDone>(&observation);
    if (request == nullptr) return all_.Observe(observation);
    Count(*request);
    all_.next_.Observe(observation);
  }

  // Null where there was no such request.
  const Histogram* Find(size_t cell) const { return cells_[cell].load(std::memory_order_acquire); }
  const Histogram& stage(size_t i) const { return stages_[i]; }
  int64_t errors(size_t i) const { return errors_[i].value(); }
  int64_t bytes() const { return bytes_.value(); }

 private:
  void Count(const RequestDone& request) {
    At(CellOf(request)).Add(request.total_us);
    bytes_.Add(request.bytes_out);
    if (!request.error_code.empty()) {
      auto found = all_.error_codes_.find(request.error_code);
      errors_[found == all_.error_codes_.end() ? errors_.size() - 1 : found->second].Add(1);
    }
    if (request.operation.empty()) return;
    stages_[0].Add(request.auth_us);
    stages_[1].Add(request.decode_us);
    stages_[2].Add(request.plan_us);
    if (request.queue_us > 0) stages_[3].Add(request.queue_us);
    if (request.statements > 0) stages_[4].Add(request.store_us);
    stages_[5].Add(request.encode_us);
  }

  // The route is that of the request before, mostly.
  size_t CellOf(const RequestDone& request) {
    if (route_ == all_.names_.routes.size() || all_.names_.routes[route_] != request.route) {
      route_ = all_.RouteOf(request.route);
    }
    return (route_ * kMethods.size() + MethodOf(request.method)) * kClasses.size() + ClassOf(request.status);
  }

  // Made when the first such request is counted.
  Histogram& At(size_t cell) {
    Histogram* found = cells_[cell].load(std::memory_order_relaxed);
    if (found == nullptr) {
      found = new Histogram();
      cells_[cell].store(found, std::memory_order_release);
    }
    return *found;
  }

  RequestMetrics& all_;
  std::array<Histogram, kStages.size()> stages_;
  std::vector<Tally> errors_;  // the last one: of no known code
  Tally bytes_;
  size_t route_ = 0;                            // of the last request
  std::vector<std::atomic<Histogram*>> cells_;  // owned
};

RequestMetrics::RequestMetrics(Names names, Observer& next) : names_(std::move(names)), next_(next) {
  for (size_t i = 0; i < names_.routes.size(); ++i) routes_.emplace(names_.routes[i], i);
  for (size_t i = 0; i < names_.error_codes.size(); ++i) error_codes_.emplace(names_.error_codes[i], i);
}

RequestMetrics::~RequestMetrics() = default;

// A cell for each route, and for none, each method and each class of status.
size_t RequestMetrics::Cells() const { return (names_.routes.size() + 1) * kMethods.size() * kClasses.size(); }

// The number behind the last one: it is none of them.
size_t RequestMetrics::RouteOf(std::string_view name) const {
  auto found = routes_.find(name);
  return found == routes_.end() ? names_.routes.size() : found->second;
}

void RequestMetrics::Observe(const Observation& observation) {
  if (std::holds_alternative<Defect>(observation)) defects_.fetch_add(1, std::memory_order_relaxed);
  next_.Observe(observation);
}

Observer& RequestMetrics::ForLoop() {
  std::lock_guard lock(mutex_);
  loops_.push_back(std::make_unique<Loop>(*this));
  return *loops_.back();
}

void RequestMetrics::Write(Exposition& out) const {
  std::lock_guard lock(mutex_);
  WriteDurations(out);
  WriteStages(out);
  out.Begin(MetricId::kRequestErrors);
  for (size_t i = 0; i <= names_.error_codes.size(); ++i) {
    int64_t errors = 0;
    for (const auto& loop : loops_) errors += loop->errors(i);
    std::string_view name = i < names_.error_codes.size() ? std::string_view(names_.error_codes[i]) : "_OTHER";
    if (errors > 0) out.Number({{"error_type", name}}, errors);
  }
  int64_t bytes = 0;
  for (const auto& loop : loops_) bytes += loop->bytes();
  out.Only(MetricId::kResponseBytes, bytes);
  out.Only(MetricId::kDefects, defects_.load(std::memory_order_relaxed));
}

void RequestMetrics::WriteDurations(Exposition& out) const {
  out.Begin(MetricId::kRequestDuration);
  for (size_t cell = 0; cell < Cells(); ++cell) {
    Durations sum;
    bool seen = false;
    for (const auto& loop : loops_) {
      const Histogram* found = loop->Find(cell);
      if (found == nullptr) continue;
      found->AddTo(sum);
      seen = true;
    }
    if (!seen) continue;
    size_t route = cell / kClasses.size() / kMethods.size();
    out.Buckets({{"http_request_method", kMethods[cell / kClasses.size() % kMethods.size()]},
                 {"http_route", route < names_.routes.size() ? std::string_view(names_.routes[route]) : ""},
                 {"http_response_status_class", kClasses[cell % kClasses.size()]}},
                sum);
  }
}

void RequestMetrics::WriteStages(Exposition& out) const {
  out.Begin(MetricId::kStageDuration);
  for (size_t i = 0; i < kStages.size(); ++i) {
    Durations sum;
    for (const auto& loop : loops_) loop->stage(i).AddTo(sum);
    out.Buckets({{"stage", kStages[i]}}, sum);
  }
}

}  // namespace ashlar::telemetry
