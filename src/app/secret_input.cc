// SPDX-License-Identifier: Apache-2.0
#include "app/secret_input.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "app/terminal.h"
#include "base/utf8.h"

namespace ashlar::app {
namespace {

constexpr size_t kMostBytes = 4096;

termios shown;  // as the terminal was

void ShowAgain(int signal) {
  tcsetattr(STDIN_FILENO, TCSANOW, &shown);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// While it lives, what is typed is not shown; whoever ends the command gets the terminal back as it was.
class Unshown {
 public:
  Unshown() {
    tcgetattr(STDIN_FILENO, &shown);
    for (int signal : kSignals) std::signal(signal, ShowAgain);
    termios hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  ~Unshown() {
    tcsetattr(STDIN_FILENO, TCSANOW, &shown);
    for (int signal : kSignals) std::signal(signal, SIG_DFL);
  }

 private:
  static constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
};

// All that stands there, or up to the end of the line that a terminal gives.
std::string Read(bool terminal) {
  std::string text;
  char piece[512];
  while (text.size() <= kMostBytes && !(terminal && text.ends_with('\n'))) {
    ssize_t got = read(STDIN_FILENO, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(piece, static_cast<size_t>(got));
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

std::string Ask(const std::string& question) {
  fmt::print(stderr, "{}: ", question);
  std::string answer = Read(true);
  fmt::print(stderr, "\n");
  return answer;
}

}  // namespace

Result<std::string> ReadSecret(const std::string& name) {
  std::string secret;
  if (IsTerminal(STDIN_FILENO)) {
    Unshown unshown;
    secret = Ask(name);
    if (!secret.empty() && Ask(name + " again") != secret) {
      return Fail(ErrorKind::kInvalid, fmt::format("these were two different {}s", name));
    }
  } else {
    secret = Read(false);
  }
  if (secret.empty()) return Fail(ErrorKind::kInvalid, fmt::format("standard input has no {}", name));
  if (secret.size() > kMostBytes || secret.contains('\n') || !IsValidUtf8(secret)) {
    return Fail(ErrorKind::kInvalid, fmt::format("standard input must be the {} alone: one line of UTF-8", name));
  }
  return secret;
}

}  // namespace ashlar::app
