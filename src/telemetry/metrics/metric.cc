// SPDX-License-Identifier: Apache-2.0
#include "telemetry/metrics/metric.h"

namespace ashlar::telemetry {
namespace {

using enum MetricKind;

constexpr Metric kMetrics[] = {
    {MetricId::kRequestDuration, "http_server_request_duration_seconds", kHistogram,
     "http_request_method, http_route, http_response_status_class",
     "Time from a request's last byte to its answer; without a route where the address is none."},
    {MetricId::kStageDuration, "ashlar_request_stage_duration_seconds", kHistogram, "stage",
     "Time that requests spent in a stage: auth, decode, plan, queue (for a thread of the store), store, encode."},
    {MetricId::kRequestErrors, "ashlar_request_errors_total", kCounter, "error_type",
     "Answers that were errors, by their code."},
    {MetricId::kResponseBytes, "ashlar_response_body_bytes_total", kCounter, "", "Bytes of answers' bodies."},
    {MetricId::kDefects, "ashlar_defects_total", kCounter, "", "Defects that were survived; the log tells of each."},
    {MetricId::kLogDropped, "ashlar_log_dropped_lines_total", kCounter, "",
     "Lines of the log that were dropped because nobody read it fast enough."},
    {MetricId::kConnections, "ashlar_connections", kGauge, "", "Clients' connections that are open."},
    {MetricId::kConnectionsMost, "ashlar_connections_limit", kGauge, "", "Connections that may be open at once."},
    {MetricId::kConnectionsAccepted, "ashlar_connections_accepted_total", kCounter, "", "Connections that were taken."},
    {MetricId::kConnectionsRefused, "ashlar_connections_refused_total", kCounter, "",
     "Connections that were closed at once because too many were open."},
    {MetricId::kLoopLag, "ashlar_loop_lag_seconds", kGauge, "",
     "How long the loop that is behind most took to come to what waited for it."},
    {MetricId::kShed, "ashlar_requests_shed_total", kCounter, "reason",
     "Requests that were refused unread, which no other metric counts: their loop was behind (loop), or the writer "
     "(writer)."},
    {MetricId::kLimited, "ashlar_requests_limited_total", kCounter, "",
     "Requests that were refused by a limit of the contract."},
    {MetricId::kBucketsForgotten, "ashlar_limit_buckets_forgotten_total", kCounter, "",
     "Callers whose count was forgotten before its time, because there were too many of them."},
    {MetricId::kHashesWaiting, "ashlar_password_hashes_waiting", kGauge, "",
     "Passwords that wait for a thread to be hashed or judged; of those who sign in, register, change theirs."},
    {MetricId::kHashesRefused, "ashlar_password_hashes_refused_total", kCounter, "",
     "Passwords that were neither, because too many waited: 503."},
    {MetricId::kRedisUp, "ashlar_redis_up", kGauge, "",
     "1, or 0 while limits cannot be shared because the server of REDIS_URL does not answer."},
    {MetricId::kCountedAlone, "ashlar_limit_unshared_total", kCounter, "",
     "Requests that were to be counted through Redis and were counted by this process alone, or refused."},
    {MetricId::kReaders, "ashlar_store_readers", kGauge, "", "Threads for reads that are too long for a loop."},
    {MetricId::kReadersBusy, "ashlar_store_readers_busy", kGauge, "", "Those of them that run a read."},
    {MetricId::kReaderQueue, "ashlar_store_reads_waiting", kGauge, "", "Reads that wait for such a thread."},
    {MetricId::kWriterQueue, "ashlar_store_writes_waiting", kGauge, "", "Units that wait for the writer."},
    {MetricId::kWriterQueueOldest, "ashlar_store_writes_waiting_age_seconds", kGauge, "",
     "How long the first of them has waited."},
    {MetricId::kCommits, "ashlar_store_commits_total", kCounter, "", "Commits; each is of one unit or of many."},
    {MetricId::kStoreWritable, "ashlar_store_writable", kGauge, "",
     "1, or 0 since the disk has failed: nothing is changed until the next start."},
    {MetricId::kStoreBytes, "ashlar_store_size_bytes", kGauge, "", "Size of the store's file."},
    {MetricId::kLogBytes, "ashlar_store_wal_size_bytes", kGauge, "",
     "Size of the file of the write-ahead log, which is used again rather than cut."},
    {MetricId::kLogPages, "ashlar_store_wal_pages", kGauge, "",
     "Pages in the write-ahead log since it last began anew, as of the last commit."},
    {MetricId::kCpuSeconds, "process_cpu_seconds_total", kCounter, "", "Processor time, user and system."},
    {MetricId::kResidentBytes, "process_resident_memory_bytes", kGauge, "", "Resident memory."},
    {MetricId::kVirtualBytes, "process_virtual_memory_bytes", kGauge, "", "Virtual memory."},
    {MetricId::kOpenDescriptors, "process_open_fds", kGauge, "", "Open file descriptors."},
    {MetricId::kMostDescriptors, "process_max_fds", kGauge, "", "File descriptors that may be open at once."},
    {MetricId::kStartTime, "process_start_time_seconds", kGauge, "", "When the process began to serve, since 1970."},
    {MetricId::kBuild, "ashlar_build_info", kGauge, "version", "1; the version stands in the label."},
};

constexpr bool InOrder() {
  for (size_t i = 0; i < std::size(kMetrics); ++i) {
    if (static_cast<size_t>(kMetrics[i].id) != i) return false;
  }
  return std::size(kMetrics) == static_cast<size_t>(MetricId::kBuild) + 1;
}
static_assert(InOrder());

}  // namespace

std::span<const Metric> Metrics() { return kMetrics; }

const Metric& RowOf(MetricId id) { return kMetrics[static_cast<size_t>(id)]; }

std::string_view NameOf(MetricKind kind) {
  switch (kind) {
    case kCounter: return "counter";
    case kGauge: return "gauge";
    case kHistogram: return "histogram";
  }
  return "";
}

}  // namespace ashlar::telemetry
