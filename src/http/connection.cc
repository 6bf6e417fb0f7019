// SPDX-License-Identifier: Apache-2.0
#include "http/connection.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <ctime>

namespace ashlar::http {
namespace {

constexpr size_t kReadBytes = 16 << 10;
constexpr size_t kLingerBytes = 256 << 10;
constexpr int kLingerSeconds = 2;

// "Sun, 06 Nov 1994 08:49:37 GMT", made once a second.
std::string_view DateNow(int64_t seconds) {
  thread_local int64_t made_for = -1;
  thread_local char text[40];
  if (made_for != seconds) {
    std::time_t time = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    made_for = seconds;
  }
  return text;
}

bool HasBody(int status) { return status != 204 && status != 304 && status >= 200; }

}  // namespace

Connection::Connection(Socket socket, Handler& handler, const ServerOptions& options, const bool& draining,
                       const int64_t& now)
    : socket_(std::move(socket)),
      handler_(handler),
      options_(options),
      draining_(draining),
      now_(now),
      parser_(options.limits),
      since_(now) {}

void Connection::Enter(Phase phase) {
  if (phase_ == phase) return;
  phase_ = phase;
  since_ = now_;
}

void Connection::Close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Connection::Drain() {
  ends_ = true;
  if (phase_ == Phase::kIdle) Close();
}

void Connection::Sweep(int64_t now) {
  int64_t allowed = INT64_MAX;
  switch (phase_) {
    case Phase::kIdle: allowed = options_.idle_seconds; break;
    case Phase::kHeader: allowed = options_.header_seconds; break;
    case Phase::kBody: allowed = options_.body_seconds; break;
    case Phase::kHandling: return;  // the request's own deadline ends it
    case Phase::kWriting: allowed = options_.write_seconds; break;
    case Phase::kLingering: allowed = kLingerSeconds; break;
  }
  if (now - since_ >= allowed) Close();
}

Task<void> Connection::Serve() {
  bool open = true;
  while (open) {
    open = co_await AnswerBuffered();
    bool flushed = co_await Flush();
    if (!flushed) co_return;
    if (open) open = co_await Fill();
  }
  if (socket_.is_open()) co_await Linger();
}

// Answers every request that the buffer holds whole; false when the connection is to end.
Task<bool> Connection::AnswerBuffered() {
  while (true) {
    size_t consumed = 0;
    Parser::State state = parser_.Advance(std::string_view(in_).substr(used_), consumed);
    used_ += consumed;
    if (state == Parser::State::kNeedMore) {
      Enter(!parser_.began() ? Phase::kIdle : phase_ == Phase::kBody ? Phase::kBody : Phase::kHeader);
      co_return !(ends_ && phase_ == Phase::kIdle);
    }
    if (state == Parser::State::kRefused) {
      Append(parser_.request(), handler_.Refuse(parser_.status(), parser_.reason()), true);
      co_return false;
    }
    if (state == Parser::State::kHead) {
      Enter(Phase::kBody);
      if (std::optional<Response> refusal = handler_.Admit(parser_.request())) {
        Append(parser_.request(), *refusal, true);
        co_return false;
      }
      if (parser_.expects_continue() && used_ == in_.size()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
      continue;
    }
    bool keep = parser_.keep_alive() && !ends_ && !draining_;
    Request request = parser_.Take();
    Enter(Phase::kHandling);
    Eventually<Response> answer = Ask(request);
    if (answer.ready()) {
      Append(request, answer.value(), !keep);
    } else {
      // A coroutine cannot await inside a catch: what was thrown is kept until behind it.
      std::string what;
      std::optional<Response> response;
      try {
        response = co_await std::move(answer.task());
      } catch (const std::exception& error) {
        what = error.what();
      }
      if (!response) response = Failed(request, what);
      keep = keep && !ends_;
      Append(request, *response, !keep);
    }
    if (!keep) co_return false;
    Enter(Phase::kIdle);
    if (out_.size() >= options_.output_bytes) {
      bool flushed = co_await Flush();
      if (!flushed) co_return false;
    }
  }
}

Eventually<Response> Connection::Ask(const Request& request) {
  try {
    return handler_.Handle(request);
  } catch (const std::exception& error) {
    return Failed(request, error.what());
  }
}

Response Connection::Failed(const Request& request, std::string_view what) { return handler_.Failed(request, what); }

void Connection::Append(const Request& request, const Response& response, bool close) {
  auto back = std::back_inserter(out_);
  fmt::format_to(back, "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, ReasonOf(response.status), DateNow(now_));
  for (const Header& header : response.headers) {
    if (!IsFieldValue(header.value)) continue;  // would end the header early: never sent
    fmt::format_to(back, "{}: {}\r\n", header.name, header.value);
  }
  if (HasBody(response.status)) fmt::format_to(back, "Content-Length: {}\r\n", response.body.size());
  if (close) {
    out_ += "Connection: close\r\n";
    ends_ = true;
  } else if (request.minor_version == 0) {
    out_ += "Connection: keep-alive\r\n";
  }
  out_ += "\r\n";
  if (HasBody(response.status) && request.method != "HEAD") out_ += response.body;
}

Task<bool> Connection::Flush() {
  if (out_.empty()) co_return socket_.is_open();
  Phase before = phase_;
  boost::system::error_code error;
  // Most answers fit the socket's buffer: no suspension then.
  socket_.non_blocking(true, error);
  size_t written = socket_.write_some(boost::asio::buffer(out_), error);
  if (written < out_.size()) {
    if (error && error != boost::asio::error::would_block) {
      Close();
      co_return false;
    }
    Enter(Phase::kWriting);
    co_await boost::asio::async_write(socket_, boost::asio::buffer(out_.data() + written, out_.size() - written),
                                      boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error) {
      Close();
      co_return false;
    }
    Enter(before);
  }
  out_.clear();
  if (out_.capacity() > 2 * options_.output_bytes) out_.shrink_to_fit();
  co_return true;
}

Task<bool> Connection::Fill() {
  in_.erase(0, used_);
  used_ = 0;
  size_t held = in_.size();
  in_.resize(held + kReadBytes);
  boost::system::error_code error;
  size_t size = co_await socket_.async_read_some(boost::asio::buffer(in_.data() + held, kReadBytes),
                                                 boost::asio::redirect_error(boost::asio::use_awaitable, error));
  in_.resize(held + size);
  if (error) Close();
  co_return !error;
}

// Lets the client read the last answer: a reset would destroy it while unread bytes are under way.
Task<void> Connection::Linger() {
  Enter(Phase::kLingering);
  boost::system::error_code error;
  socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, error);
  char dropped[4096];
  size_t total = 0;
  while (!error && total < kLingerBytes) {
    total += co_await socket_.async_read_some(boost::asio::buffer(dropped),
                                              boost::asio::redirect_error(boost::asio::use_awaitable, error));
  }
  Close();
}

}  // namespace ashlar::http
