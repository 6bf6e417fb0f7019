// SPDX-License-Identifier: Apache-2.0
#include "app/admin_listener.h"

#include "telemetry/metrics/process.h"

namespace ashlar::app {
namespace {

using telemetry::Exposition;
using telemetry::MetricId;

void WriteConnections(const http::ConnectionCounts& counts, Exposition& out) {
  out.Only(MetricId::kConnections, counts.open);
  out.Only(MetricId::kConnectionsMost, counts.most);
  out.Only(MetricId::kConnectionsAccepted, counts.accepted);
  out.Only(MetricId::kConnectionsRefused, counts.refused);
}

void WriteStore(const store::Load& load, Exposition& out) {
  out.Only(MetricId::kReaders, load.readers);
  out.Only(MetricId::kReadersBusy, load.readers_busy);
  out.Only(MetricId::kReaderQueue, load.reads_waiting);
  out.Only(MetricId::kWriterQueue, load.writes_waiting);
  out.Begin(MetricId::kWriterQueueOldest);
  out.Seconds({}, load.oldest_write_us);
  out.Only(MetricId::kCommits, load.commits);
  out.Only(MetricId::kStoreWritable, load.writable ? 1 : 0);
  out.Only(MetricId::kStoreBytes, load.store_bytes);
  out.Only(MetricId::kLogBytes, load.log_bytes);
  out.Only(MetricId::kLogPages, load.log_pages);
}

http::ServerOptions OptionsOf(const std::string& listen) {
  http::ServerOptions options;
  options.listen = listen;
  options.connections = AdminListener::kConnections;
  options.limits.body_bytes = 0;
  options.header_seconds = 5;
  options.idle_seconds = 60;
  options.drain_seconds = 1;
  options.handles_signals = false;
  return options;
}

}  // namespace

std::string ScrapeMetrics(const Watched& watched, int64_t since_micros) {
  Exposition out;
  watched.metrics.Write(out);
  out.Only(MetricId::kLogDropped, static_cast<int64_t>(watched.log.dropped()));
  WriteConnections(watched.server.connections(), out);
  out.Begin(MetricId::kLoopLag);
  out.Seconds({}, watched.server.lag_us());
  out.Begin(MetricId::kShed);
  out.Number({{"reason", "loop"}}, watched.shed.loop);
  out.Number({{"reason", "writer"}}, watched.shed.writer);
  out.Only(MetricId::kLimited, watched.limiter == nullptr ? 0 : watched.limiter->refused());
  out.Only(MetricId::kBucketsForgotten, watched.limiter == nullptr ? 0 : watched.limiter->forgotten());
  const auto hashes = watched.passwords == nullptr ? identity::HashPool::Counts{} : watched.passwords->counts();
  out.Only(MetricId::kHashesWaiting, hashes.waiting);
  out.Only(MetricId::kHashesRefused, hashes.refused);
  out.Only(MetricId::kRedisUp, watched.redis == nullptr || watched.redis->up() ? 1 : 0);
  out.Only(MetricId::kCountedAlone, watched.limiter == nullptr ? 0 : watched.limiter->alone());
  WriteStore(watched.store.CurrentLoad(watched.clock), out);
  WriteProcess(since_micros, out);
  out.Begin(MetricId::kBuild);
  out.Number({{"version", ASHLAR_VERSION}}, 1);
  return out.Take();
}

AdminListener::AdminListener(const Watched& watched) : watched_(watched), since_micros_(watched.clock.NowMicros()) {
  options_.metrics = [this] { return ScrapeMetrics(watched_, since_micros_); };
  options_.metrics_type = Exposition::kContentType;
  options_.ready = [this] { return watched_.store.Ready(); };
}

Result<std::unique_ptr<AdminListener>> AdminListener::Open(const std::string& listen, const Watched& watched) {
  std::unique_ptr<AdminListener> admin(new AdminListener(watched));
  auto make = [&admin, &watched](boost::asio::io_context&) -> std::unique_ptr<http::Handler> {
    return std::make_unique<surface::Admin>(admin->options_, watched.metrics);
  };
  TRY(server, http::Server::Open(OptionsOf(listen), make, watched.metrics));
  admin->server_ = std::move(server);
  admin->thread_ = std::thread([&server = *admin->server_] { server.Run(); });
  return admin;
}

AdminListener::~AdminListener() {
  if (!thread_.joinable()) return;
  server_->Stop();
  thread_.join();
}

}  // namespace ashlar::app
