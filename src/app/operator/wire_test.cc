// SPDX-License-Identifier: Apache-2.0
#include "app/operator/wire.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

namespace ashlar::app {
namespace {

size_t OpenDescriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

// Sends as many copies of a descriptor beside one byte.
void SendCopies(int socket, int descriptor, size_t count) {
  char byte = 0;
  iovec piece{&byte, 1};
  alignas(cmsghdr) char room[CMSG_SPACE(3 * sizeof(int))]{};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = CMSG_SPACE(count * sizeof(int));
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(count * sizeof(int));
  for (size_t i = 0; i < count; ++i) {
    std::memcpy(CMSG_DATA(header) + i * sizeof(int), &descriptor, sizeof descriptor);
  }
  ASSERT_EQ(sendmsg(socket, &message, 0), 1);
}

TEST(WireTest, OneDescriptorIsTakenAndMoreAreClosed) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  size_t before = OpenDescriptors();
  SendCopies(ends[0], ends[0], 1);
  int taken = ReceiveDescriptor(ends[1]);
  EXPECT_GE(taken, 0);
  close(taken);
  for (size_t count : {2u, 3u}) {
    SendCopies(ends[0], ends[0], count);
    EXPECT_EQ(ReceiveDescriptor(ends[1]), -1);
    EXPECT_EQ(OpenDescriptors(), before) << count;
  }
  close(ends[0]);
  close(ends[1]);
}

TEST(WireTest, AFrameIsReadWholeOrNotAtAll) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  ASSERT_TRUE(WriteFrame(ends[0], json::Json("words"), 100));
  EXPECT_FALSE(WriteFrame(ends[0], json::Json(std::string(100, 'x')), 100));
  EXPECT_EQ(ReadFrame(ends[1], 100), json::Json("words"));
  ASSERT_TRUE(WriteFrame(ends[0], json::Json(std::string(50, 'x')), 100));
  EXPECT_FALSE(ReadFrame(ends[1], 40).has_value());
  close(ends[0]);
  EXPECT_FALSE(ReadFrame(ends[1], 100).has_value());
  close(ends[1]);
}

}  // namespace
}  // namespace ashlar::app
