// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

// OpenSSL's own, which stays in tls.cc.
struct ssl_ctx_st;
struct ssl_st;

namespace ashlar::http {

// A server's certificate with its key, and what is spoken with it: TLS 1.2 and 1.3 with forward secrecy and
// authenticated ciphers alone, `h2` or `http/1.1` by ALPN. Immutable; loops and connections share it.
class TlsContext {
 public:
  // Reads PEM files: the chain, the server's own certificate first, and the key that belongs to it. kInvalid says what
  // is wrong with which of them.
  static Result<std::shared_ptr<const TlsContext>> Load(const std::string& cert, const std::string& key);

  explicit TlsContext(ssl_ctx_st* owned) : context_(owned) {}
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ssl_ctx_st* get() const { return context_; }

 private:
  ssl_ctx_st* context_;
};

// The server's side of one connection's TLS, without a socket: the wire's bytes go in and come out, plain bytes go out
// and come in. What it has to say to the other side waits for TakeWire.
//
//   (Feed Shake TakeWire)* (Feed Read* Write* TakeWire)* End TakeWire
class TlsSession {
 public:
  enum class State : uint8_t {
    kDone,
    kMore,  // bytes of the wire are missing
    kEnded,  // the client said that it sends no more
    kFailed,  // the other side does not keep to TLS, or none of its versions and ciphers is spoken here
  };
  explicit TlsSession(const TlsContext& context);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  void Feed(std::string_view wire);
  // Goes on with the handshake.
  State Shake();
  // Up to `size` plain bytes; kDone says that there was at least one.
  State Read(char* room, size_t size, size_t& taken);
  // False where that is no longer possible. REQUIRES: the handshake is done.
  bool Write(std::string_view plain);
  // Says that no more is written.
  void End();
  bool has_wire() const;
  // Appends what is to be sent.
  void TakeWire(std::string& out);

  bool speaks_http2() const;

 private:
  State WhyNot(int result);

  ssl_st* session_;
};

}  // namespace ashlar::http
