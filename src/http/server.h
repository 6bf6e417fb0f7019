// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/observe.h"
#include "base/result.h"
#include "http/handler.h"
#include "http/parser.h"

namespace ashlar::http {

struct ServerOptions {
  std::string listen = "127.0.0.1:8080";  // HOST:PORT, [V6]:PORT; port 0 takes a free one
  int workers = 1;                        // loops, a thread each
  ParserLimits limits;
  size_t connections = 10'000;            // of the whole server; one more ends an idle one, or is answered 503
  size_t output_bytes = 256 << 10;        // answers kept back for one write
  std::string tls_cert;                   // files in PEM, both or none: the chain, and its key
  std::string tls_key;
  int handshake_seconds = 10;             // of TLS
  int first_byte_seconds = 10;            // for a new connection to send something
  int header_seconds = 10;                // for a whole header section; then 408. All of these are up to 1 s late
  int body_seconds = 30;                  // for a whole body; then 408
  int idle_seconds = 75;                  // between requests
  int write_seconds = 30;                 // in which a client must take as many KiB of its answers
  int drain_seconds = 10;                 // after Stop
  bool handles_signals = true;            // as Run says; else Stop alone ends it
  const Clock* clock = &SystemClock();    // for the limits above and Date
};

struct ConnectionCounts {
  int64_t open = 0;
  int64_t most = 0;      // that may be open
  int64_t accepted = 0;  // since the start
  int64_t refused = 0;   // one too many
};

// A server of HTTP/1.1 and HTTP/2 (RFC 9110, 9112, 9113), over TLS where a certificate is given: a loop per worker,
// sharing nothing but the listening address (SO_REUSEPORT). Handlers live until the server is destroyed; by then nobody
// else may resume a Task of theirs.
//   Open Run
class Server {
 public:
  // Binds and listens on every loop. kConflict: the address is taken; kInvalid: it is none, or the certificate is.
  static Result<std::unique_ptr<Server>> Open(const ServerOptions& options, HandlerFactory make, Observer& observer);
  ~Server();

  // "127.0.0.1:8080", with the port that was bound.
  const std::string& address() const;
  // Thread safe.
  ConnectionCounts connections() const;
  // How far the loop is behind that is behind most: what its last probe took. Thread safe.
  int64_t lag_us() const;
  // Serves until Stop, or SIGTERM or SIGINT where it handles them; then finishes what runs, at most drain_seconds. A
  // second signal ends it at once. SIGHUP reads the certificate again, for new connections; one that is not sound
  // changes nothing and is observed; from the end of Run on it is ignored. `caught` is called when those signals no
  // longer end the process as they would by themselves.
  void Run(const std::function<void()>& caught = {});
  // From its return on every answer ends its connection. Thread safe; may be called again.
  void Stop();

 private:
  struct Loops;
  explicit Server(std::unique_ptr<Loops> loops);
  std::unique_ptr<Loops> loops_;
};

// Whether both files are named or none, and hold what they should; kInvalid says what is wrong.
Result<void> CheckTls(const std::string& cert, const std::string& key);
// Whether `listen` is an address that a server could be given; kInvalid says why not. Binds nothing.
Result<void> CheckListen(const std::string& listen);

}  // namespace ashlar::http
