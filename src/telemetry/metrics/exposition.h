// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "telemetry/metrics/histogram.h"
#include "telemetry/metrics/metric.h"

namespace ashlar::telemetry {

using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// Prometheus's text format, version 0.0.4: each metric with its help and kind, then its values.
//
//   (Begin (Number | Seconds | Buckets)*)* Take
class Exposition {
 public:
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  void Begin(MetricId id);
  void Number(Labels labels, int64_t value);
  void Seconds(Labels labels, int64_t micros);
  // REQUIRES: the metric is a histogram.
  void Buckets(Labels labels, const Durations& durations);
  // A metric with one value and no labels.
  void Only(MetricId id, int64_t value);
  std::string Take() { return std::exchange(text_, {}); }

 private:
  void Name(std::string_view ending, Labels labels, std::string_view bound = "");

  std::string_view name_;
  std::string text_;
};

}  // namespace ashlar::telemetry
