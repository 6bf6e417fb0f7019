// SPDX-License-Identifier: Apache-2.0
#include "telemetry/metrics/exposition.h"

namespace ashlar::telemetry {
namespace {

// Microseconds as seconds, without needless digits: "0.00025", "10".
std::string SecondsText(int64_t micros) {
  std::string text = fmt::format("{}.{:06}", micros / 1'000'000, micros % 1'000'000);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

void AppendLabel(std::string_view name, std::string_view value, char before, std::string& out) {
  out += before;
  out += name;
  out += "=\"";
  for (char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace

void Exposition::Begin(MetricId id) {
  const Metric& metric = RowOf(id);
  name_ = metric.name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", metric.name, metric.help, metric.name, NameOf(metric.kind));
}

void Exposition::Name(std::string_view ending, Labels labels, std::string_view bound) {
  text_ += name_;
  text_ += ending;
  char before = '{';
  for (const auto& [name, value] : labels) {
    AppendLabel(name, value, before, text_);
    before = ',';
  }
  if (!bound.empty()) {
    AppendLabel("le", bound, before, text_);
    before = ',';
  }
  text_ += before == '{' ? " " : "} ";
}

void Exposition::Number(Labels labels, int64_t value) {
  Name("", labels);
  text_ += fmt::format("{}\n", value);
}

void Exposition::Seconds(Labels labels, int64_t micros) {
  Name("", labels);
  text_ += SecondsText(micros) + "\n";
}

void Exposition::Buckets(Labels labels, const Durations& durations) {
  int64_t count = 0;
  for (size_t i = 0; i < durations.counts.size(); ++i) {
    count += durations.counts[i];
    Name("_bucket", labels, i < kBoundsMicros.size() ? SecondsText(kBoundsMicros[i]) : "+Inf");
    text_ += fmt::format("{}\n", count);
  }
  Name("_sum", labels);
  text_ += SecondsText(durations.micros) + "\n";
  Name("_count", labels);
  text_ += fmt::format("{}\n", count);
}

void Exposition::Only(MetricId id, int64_t value) {
  Begin(id);
  Number({}, value);
}

}  // namespace ashlar::telemetry
