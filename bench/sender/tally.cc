// SPDX-License-Identifier: Apache-2.0
#include "bench/sender/tally.h"

#include <fmt/format.h>

#include "base/json/writer.h"

namespace ashlar::sender {
namespace {

constexpr const char* kClasses[] = {"behind", "1xx", "2xx", "3xx", "4xx", "5xx"};

void Write(json::Writer& writer, const char* name, uint64_t number) {
  writer.Field(name, static_cast<int64_t>(number));
}

void WriteLatency(json::Writer& writer, const Histogram& histogram) {
  writer.BeginObject();
  Write(writer, "count", histogram.count());
  Write(writer, "p50", histogram.At(0.5));
  Write(writer, "p90", histogram.At(0.9));
  Write(writer, "p99", histogram.At(0.99));
  Write(writer, "p99.9", histogram.At(0.999));
  Write(writer, "max", histogram.most());
  writer.EndObject();
}

void WritePhase(json::Writer& writer, const Counts& counts) {
  Write(writer, "scheduled", counts.scheduled);
  Write(writer, "sent", counts.sent);
  Write(writer, "notSent", counts.not_sent);
  Write(writer, "late", counts.late);
  Write(writer, "failed", counts.failed);
  Write(writer, "refusedWithoutRetryAfter", counts.without_wait);
  writer.Key("statuses");
  writer.BeginObject();
  for (auto [status, count] : counts.statuses) Write(writer, fmt::format("{}", status).c_str(), count);
  writer.EndObject();
  writer.Key("latency");
  writer.BeginObject();
  for (size_t i = 0; i < counts.latencies.size(); ++i) {
    if (counts.latencies[i].count() == 0) continue;
    writer.Key(kClasses[i]);
    WriteLatency(writer, counts.latencies[i]);
  }
  writer.EndObject();
}

}  // namespace

void Tally::NotSent(size_t phase) {
  ++phases_[phase].scheduled;
  ++phases_[phase].not_sent;
}

void Tally::Sent(size_t phase, int64_t behind_us) {
  Counts& counts = phases_[phase];
  ++counts.scheduled;
  ++counts.sent;
  counts.latencies[0].Add(behind_us);
  if (behind_us > kLateMicros) ++counts.late;
}

void Tally::Failed(size_t phase) { ++phases_[phase].failed; }

void Tally::Answered(size_t phase, int status, bool has_wait, int64_t since, int64_t now) {
  Counts& counts = phases_[phase];
  ++counts.statuses[status];
  counts.latencies[static_cast<size_t>(status / 100)].Add(now - since);
  if (status == 503 && !has_wait) ++counts.without_wait;
  Second& second = At(now);
  bool good = status / 100 == 2;
  ++(good ? second.good : second.other);
  if (good) second.latencies.Add(now - since);
}

Second& Tally::At(int64_t now) {
  size_t second = static_cast<size_t>((now - begin_) / 1'000'000);
  if (second >= seconds_.size()) seconds_.resize(second + 1);
  return seconds_[second];
}

std::string Tally::Render(const std::vector<Phase>& schedule, size_t opened) const {
  std::string out;
  json::Writer writer(out);
  writer.BeginObject();
  Write(writer, "connectionsOpened", opened);
  writer.Key("phases");
  writer.BeginArray();
  for (size_t i = 0; i < phases_.size(); ++i) {
    writer.BeginObject();
    if (i < schedule.size()) {
      writer.Key("from");
      writer.Double(schedule[i].from);
      writer.Key("to");
      writer.Double(schedule[i].to);
      writer.Key("seconds");
      writer.Double(schedule[i].seconds);
    }
    WritePhase(writer, phases_[i]);
    writer.EndObject();
  }
  writer.EndArray();
  writer.Key("series");
  writer.BeginArray();
  for (const Second& second : seconds_) {
    writer.BeginObject();
    Write(writer, "good", second.good);
    Write(writer, "other", second.other);
    Write(writer, "p99", second.latencies.At(0.99));
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  out += '\n';
  return out;
}

}  // namespace ashlar::sender
