// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <filesystem>
#include <fstream>

#include "contract/contract.h"
#include "contract/yaml.h"

namespace ashlar::contract {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostFiles = 200;

std::unexpected<Error> CannotRead(const fs::path& path) {
  const std::string why = errno == 0 ? "" : ": " + std::error_code(errno, std::generic_category()).message();
  return Fail(ErrorKind::kNotFound, fmt::format("cannot read the contract '{}'{}", path.string(), why));
}

Result<Source> ReadFile(const fs::path& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return CannotRead(path);
  Source source{path.string(), std::string(kMostBytes + 1, '\0')};
  file.read(source.text.data(), static_cast<std::streamsize>(source.text.size()));
  if (file.bad()) return CannotRead(path);
  // What is larger than a contract may be is cut one byte behind that, and refused for it.
  source.text.resize(static_cast<size_t>(file.gcount()));
  return source;
}

bool IsYaml(const fs::path& path) { return path.extension() == ".yaml" || path.extension() == ".yml"; }

}  // namespace

Result<std::vector<Source>> ReadSources(const std::string& path) {
  std::error_code error;
  std::vector<fs::path> files;
  if (!fs::is_directory(path, error)) {
    files.emplace_back(path);
  } else {
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
      if (IsYaml(entry->path()) && entry->is_regular_file(error)) files.push_back(entry->path());
    }
    if (error) return Fail(ErrorKind::kNotFound, fmt::format("cannot read the folder '{}'", path));
    if (files.empty()) return Fail(ErrorKind::kNotFound, fmt::format("there is no *.yaml in '{}'", path));
  }
  if (files.size() > kMostFiles) {
    return Fail(ErrorKind::kInvalid, fmt::format("'{}' holds more than {} files", path, kMostFiles));
  }
  std::ranges::sort(files);
  std::vector<Source> sources;
  for (const fs::path& file : files) {
    TRY(source, ReadFile(file));
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace ashlar::contract
