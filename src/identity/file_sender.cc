// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "identity/mail_sender.h"

namespace ashlar::identity {
namespace {

std::string Reason(int error) { return strerror(error); }

// Puts each mail into a folder, as ID.eml, for those who develop: whoever can read them can use them.
class FileSender final : public MailSender {
 public:
  explicit FileSender(std::string folder) : folder_(std::move(folder)) {}

  Delivery Send(const Outgoing& mail, const std::stop_token&) override {
    const std::string path = fmt::format("{}/{}.eml", folder_, mail.id), beside = path + ".new";
    int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return {Delivery::What::kUnreachable, Reason(errno)};
    bool written = write(fd, mail.text.data(), mail.text.size()) == static_cast<ssize_t>(mail.text.size());
    int error = errno;
    close(fd);
    if (written && rename(beside.c_str(), path.c_str()) == 0) return {};
    if (written) error = errno;
    unlink(beside.c_str());
    return {Delivery::What::kUnreachable, Reason(error)};
  }

 private:
  const std::string folder_;
};

}  // namespace

Result<std::unique_ptr<MailSender>> OpenFileSender(const std::string& folder) {
  if (folder.empty()) return Fail(ErrorKind::kInvalid, "file: names no folder");
  const std::filesystem::path parent = std::filesystem::path(folder).parent_path();
  std::error_code error;
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return Fail(ErrorKind::kInvalid, fmt::format("cannot make {}: {}", folder, Reason(errno)));
  }
  struct stat status{};
  if (stat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    return Fail(ErrorKind::kInvalid, folder + " is no folder");
  }
  return std::make_unique<FileSender>(folder);
}

Result<std::unique_ptr<MailSender>> OpenMailSender(const MailServer& server) {
  constexpr std::string_view kFile = "file:";
  if (server.url.starts_with(kFile)) {
    if (!server.ca.empty()) return Fail(ErrorKind::kInvalid, "a certificate is of no use for file:");
    return OpenFileSender(server.url.substr(kFile.size()));
  }
  return OpenSmtpSender(server);
}

}  // namespace ashlar::identity
