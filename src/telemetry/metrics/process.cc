// SPDX-License-Identifier: Apache-2.0
#include "telemetry/metrics/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <charconv>
#include <memory>
#include <optional>

namespace ashlar::telemetry {
namespace {

int64_t MicrosOf(const timeval& time) { return time.tv_sec * int64_t{1'000'000} + time.tv_usec; }

// The first two numbers of /proc/self/statm: pages, all and resident.
std::optional<std::pair<int64_t, int64_t>> ReadPages() {
  int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  char text[128];
  ssize_t size = read(fd, text, sizeof text);
  close(fd);
  if (size <= 0) return std::nullopt;
  std::pair<int64_t, int64_t> pages;
  const char* end = text + size;
  auto first = std::from_chars(text, end, pages.first);
  if (first.ec != std::errc() || first.ptr == end) return std::nullopt;
  auto second = std::from_chars(first.ptr + 1, end, pages.second);
  if (second.ec != std::errc()) return std::nullopt;
  return pages;
}

std::optional<int64_t> CountDescriptors() {
  std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (folder == nullptr) return std::nullopt;
  int64_t count = -1;  // the folder's own
  while (const dirent* entry = readdir(folder.get())) count += entry->d_name[0] == '.' ? 0 : 1;
  return count;
}

}  // namespace

void WriteProcess(int64_t since_micros, Exposition& out) {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    out.Begin(MetricId::kCpuSeconds);
    out.Seconds({}, MicrosOf(usage.ru_utime) + MicrosOf(usage.ru_stime));
  }
  if (auto pages = ReadPages()) {
    const int64_t page = sysconf(_SC_PAGESIZE);
    out.Only(MetricId::kResidentBytes, pages->second * page);
    out.Only(MetricId::kVirtualBytes, pages->first * page);
  }
  if (auto open = CountDescriptors()) out.Only(MetricId::kOpenDescriptors, *open);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    out.Only(MetricId::kMostDescriptors, static_cast<int64_t>(limit.rlim_cur));
  }
  out.Begin(MetricId::kStartTime);
  out.Seconds({}, since_micros);
}

}  // namespace ashlar::telemetry
