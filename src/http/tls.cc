// SPDX-License-Identifier: Apache-2.0
#include "http/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <new>

namespace ashlar::http {
namespace {

// TLS 1.2's; those of TLS 1.3 are all of this kind.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* kGroups = "X25519:P-256:P-384";
constexpr unsigned char kSpoken[] = "\x02h2\x08http/1.1";  // best first

// OpenSSL's reason for what failed last.
std::string LastReason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string text = reason != nullptr ? reason : "unknown";
  ERR_clear_error();
  return text;
}

int SelectProtocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                   unsigned offered_size, void*) {
  unsigned char* found = nullptr;
  int result = SSL_select_next_proto(&found, size, kSpoken, sizeof kSpoken - 1, offered, offered_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// A key that is locked is refused instead of asking the terminal for its word.
int NoPassword(char*, int, int, void*) { return 0; }

bool Configure(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets do without
  SSL_CTX_set_alpn_select_cb(context, SelectProtocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context, NoPassword);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context, kCiphers) == 1 && SSL_CTX_set1_groups_list(context, kGroups) == 1 &&
         SSL_CTX_set_num_tickets(context, 1) == 1;
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::Load(const std::string& cert, const std::string& key) {
  ERR_clear_error();
  SSL_CTX* raw = SSL_CTX_new(TLS_server_method());
  if (raw == nullptr) throw std::bad_alloc();
  auto context = std::make_shared<const TlsContext>(raw);
  if (!Configure(raw)) return Fail(ErrorKind::kInvalid, "OpenSSL refuses our settings: " + LastReason());
  if (SSL_CTX_use_certificate_chain_file(raw, cert.c_str()) != 1) {
    return Fail(ErrorKind::kInvalid, fmt::format("'{}' is not a certificate in PEM: {}", cert, LastReason()));
  }
  if (SSL_CTX_use_PrivateKey_file(raw, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Fail(ErrorKind::kInvalid,
                fmt::format("'{}' is not a key in PEM, without a password, of '{}': {}", key, cert, LastReason()));
  }
  if (SSL_CTX_check_private_key(raw) != 1) {
    return Fail(ErrorKind::kInvalid, fmt::format("'{}' is not the key of '{}': {}", key, cert, LastReason()));
  }
  return context;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

TlsSession::TlsSession(const TlsContext& context) : session_(SSL_new(context.get())) {
  BIO* in = BIO_new(BIO_s_mem());
  BIO* out = BIO_new(BIO_s_mem());
  if (session_ == nullptr || in == nullptr || out == nullptr) {
    BIO_free(in);
    BIO_free(out);
    SSL_free(session_);
    throw std::bad_alloc();
  }
  SSL_set_bio(session_, in, out);
  SSL_set_accept_state(session_);
}

TlsSession::~TlsSession() { SSL_free(session_); }

TlsSession::State TlsSession::WhyNot(int result) {
  int error = SSL_get_error(session_, result);
  ERR_clear_error();
  if (error == SSL_ERROR_WANT_READ) return State::kMore;
  return error == SSL_ERROR_ZERO_RETURN ? State::kEnded : State::kFailed;
}

void TlsSession::Feed(std::string_view wire) {
  if (BIO_write(SSL_get_rbio(session_), wire.data(), static_cast<int>(wire.size())) < 0) throw std::bad_alloc();
}

TlsSession::State TlsSession::Shake() {
  ERR_clear_error();
  int result = SSL_do_handshake(session_);
  return result == 1 ? State::kDone : WhyNot(result);
}

TlsSession::State TlsSession::Read(char* room, size_t size, size_t& taken) {
  ERR_clear_error();
  taken = 0;
  while (taken < size) {
    size_t read = 0;
    int result = SSL_read_ex(session_, room + taken, size - taken, &read);
    if (result != 1) return taken > 0 ? State::kDone : WhyNot(result);
    taken += read;
  }
  return State::kDone;
}

bool TlsSession::Write(std::string_view plain) {
  ERR_clear_error();
  size_t written = 0;
  bool done = plain.empty() || SSL_write_ex(session_, plain.data(), plain.size(), &written) == 1;
  ERR_clear_error();
  return done;
}

void TlsSession::End() {
  if (SSL_is_init_finished(session_) != 0) SSL_shutdown(session_);
  ERR_clear_error();
}

bool TlsSession::has_wire() const { return BIO_ctrl_pending(SSL_get_wbio(session_)) > 0; }

void TlsSession::TakeWire(std::string& out) {
  BIO* wire = SSL_get_wbio(session_);
  size_t pending = BIO_ctrl_pending(wire);
  if (pending == 0) return;
  size_t before = out.size();
  out.resize(before + pending);
  BIO_read(wire, out.data() + before, static_cast<int>(pending));
}

bool TlsSession::speaks_http2() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(session_, &name, &size);
  return size == 2 && std::memcmp(name, "h2", 2) == 0;
}

}  // namespace ashlar::http
