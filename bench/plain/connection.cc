// SPDX-License-Identifier: Apache-2.0
#include "connection.h"

#include <boost/asio/write.hpp>

namespace ashlar::bench {
namespace {

constexpr size_t kRead = 16 << 10;

}  // namespace

void Connection::Read() {
  if (used_ > 0) in_.Drop(std::exchange(used_, 0));
  char* room = in_.Room(kRead);
  socket_.async_read_some(boost::asio::buffer(room, kRead), [this](boost::system::error_code error, size_t size) {
    if (error) return End();
    in_.Wrote(in_.end() + size);
    Work();
  });
}

void Connection::Work() {
  if (!AnswerAll()) return End();
  if (waits_) return;  // what was answered before goes out together with what is awaited
  out_.empty() ? Read() : Write();
}

// False when the client is not to be understood.
bool Connection::AnswerAll() {
  while (keep_ && !waits_ && used_ < in_.size()) {
    Request request;
    size_t used = 0;
    switch (Parse(in_.view().substr(used_), request, used)) {
      case Parsed::kPart: return true;
      case Parsed::kBad: return false;
      case Parsed::kWhole: break;
    }
    keep_ = request.keep;
    used_ += used;
    waits_ = !handler_.Handle(request, *this, out_);
  }
  return true;
}

void Connection::Answered() {
  waits_ = false;
  Work();
}

void Connection::Write() {
  boost::system::error_code error;
  size_t size = socket_.write_some(boost::asio::buffer(out_.data(), out_.size()), error);
  if (error && error != boost::asio::error::would_block) return End();
  if (size == out_.size()) {
    out_.clear();
    return keep_ ? Read() : End();
  }
  boost::asio::async_write(socket_, boost::asio::buffer(out_.data() + size, out_.size() - size),
                           [this](boost::system::error_code failed, size_t) {
                             if (failed) return End();
                             out_.clear();
                             keep_ ? Read() : End();
                           });
}

void Connection::End() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  delete this;
}

}  // namespace ashlar::bench
