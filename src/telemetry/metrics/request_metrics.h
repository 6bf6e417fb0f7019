// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/observe.h"
#include "telemetry/metrics/exposition.h"

namespace ashlar::telemetry {

// Counts what is observed and passes it on. Each loop counts by itself, without locks; a scrape sums them up. Labels
// take only the names that are given here: what a client makes up is counted without one.
//
// Observing, for whoever is no loop, is thread safe; so is Write.
class RequestMetrics final : public Observer {
 public:
  struct Names {
    std::vector<std::string> routes;  // "/v1/products/{id}"
    std::vector<std::string> error_codes;
  };

  RequestMetrics(Names names, Observer& next);
  ~RequestMetrics() override;

  void Observe(const Observation& observation) override;
  // The observer of one more loop, which alone may use it. Lives as long as this.
  Observer& ForLoop();
  void Write(Exposition& out) const;

 private:
  class Loop;
  using Index = std::unordered_map<std::string_view, size_t>;  // of names_

  size_t Cells() const;
  size_t RouteOf(std::string_view name) const;
  void WriteDurations(Exposition& out) const;
  void WriteStages(Exposition& out) const;

  const Names names_;
  Observer& next_;
  Index routes_;
  Index error_codes_;
  std::atomic<int64_t> defects_ = 0;
  mutable std::mutex mutex_;  // of the list alone
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace ashlar::telemetry
