// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace ashlar::telemetry {

enum class MetricKind : uint8_t { kCounter, kGauge, kHistogram };

// What can be scraped. A row each in the table; docs/reference/metrics.md is printed from it.
enum class MetricId : uint8_t {
  kRequestDuration,
  kStageDuration,
  kRequestErrors,
  kResponseBytes,
  kDefects,
  kLogDropped,
  kConnections,
  kConnectionsMost,
  kConnectionsAccepted,
  kConnectionsRefused,
  kLoopLag,
  kShed,
  kLimited,
  kBucketsForgotten,
  kHashesWaiting,
  kHashesRefused,
  kRedisUp,
  kCountedAlone,
  kReaders,
  kReadersBusy,
  kReaderQueue,
  kWriterQueue,
  kWriterQueueOldest,
  kCommits,
  kStoreWritable,
  kStoreBytes,
  kLogBytes,
  kLogPages,
  kCpuSeconds,
  kResidentBytes,
  kVirtualBytes,
  kOpenDescriptors,
  kMostDescriptors,
  kStartTime,
  kBuild,
};

struct Metric {
  MetricId id;
  std::string_view name;  // as OpenTelemetry's conventions have it in Prometheus's form, where they know such a thing
  MetricKind kind;
  std::string_view labels;  // their names, separated by ", "; none of them takes values that a client makes up
  std::string_view help;
};
std::span<const Metric> Metrics();
const Metric& RowOf(MetricId id);
std::string_view NameOf(MetricKind kind);

}  // namespace ashlar::telemetry
