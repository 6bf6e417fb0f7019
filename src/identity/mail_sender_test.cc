// SPDX-License-Identifier: Apache-2.0
#include "identity/mail_sender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "identity/courier.h"

namespace ashlar::identity {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MailSenderTest, AServerIsReadOrRefusedWithoutItsPassword) {
  for (const char* url : {"smtp://mail.example", "smtp://mail.example:587", "smtps://ann:a%40b@mail.example",
                          "smtp://mail.example?tls=optional", "smtp://ann:secret@127.0.0.1:2525", "smtp://[::1]:25/"}) {
    EXPECT_TRUE(OpenMailSender({url, ""})) << url;
  }
  for (const char* url : {"", "mail.example", "http://mail.example", "smtp://", "smtp://ann@mail.example",
                          "smtp://:secret@mail.example", "smtp://ann:secret@mail.example?tls=optional",
                          "smtp://mail.example?tls=never", "smtp://mail.example/secret", "smtp://mail.example#secret",
                          "smtp://ann:secret@mail.example:port", "file:", "file:/dev/null", "file:/dev/null/folder"}) {
    auto opened = OpenMailSender({url, ""});
    ASSERT_FALSE(opened) << url;
    EXPECT_EQ(opened.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(opened.error().message, Not(HasSubstr("secret"))) << url;
  }
  EXPECT_FALSE(OpenMailSender({"smtp://mail.example", "/no/such/file"}));
}

TEST(MailSenderTest, AFolderGetsEachMailOnceAndForItsOwnerAlone) {
  std::string pattern = testing::TempDir() + "ashlar-mails-XXXXXX";
  const std::string folder = mkdtemp(pattern.data()), mails = folder + "/mails";
  auto sender = OpenMailSender({"file:" + mails, ""});
  ASSERT_TRUE(sender);
  for (const char* text : {"first", "again"}) {
    EXPECT_EQ((*sender)->Send({"id", "a@b.c", "d@e.f", text}, {}).what, Delivery::What::kSent);
  }
  std::ifstream file(mails + "/id.eml");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "again");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(mails), {}), 1);
  struct stat status{};
  stat((mails + "/id.eml").c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  stat(mails.c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  std::filesystem::remove_all(folder);
  EXPECT_EQ((*sender)->Send({"id", "a@b.c", "d@e.f", "x"}, {}).what, Delivery::What::kUnreachable);
}

TEST(MailSenderTest, NobodyAtTheAddressIsUnreachable) {
  auto sender = OpenMailSender({"smtp://127.0.0.1:1", ""});
  ASSERT_TRUE(sender);
  Delivery delivery = (*sender)->Send({"id", "a@b.c", "secret@e.f", "x\r\n"}, {});
  EXPECT_EQ(delivery.what, Delivery::What::kUnreachable);
  EXPECT_FALSE(delivery.why.empty());
  EXPECT_THAT(delivery.why, Not(HasSubstr("secret")));
}

TEST(CourierTest, DelaysGrow) {
  EXPECT_EQ(MailDelayMicros(1), 60'000'000);
  EXPECT_EQ(MailDelayMicros(2), 120'000'000);
  EXPECT_EQ(MailDelayMicros(100), 60'000'000 * 32);
  EXPECT_EQ(OutageDelay(1).count(), 1000);
  EXPECT_EQ(OutageDelay(3).count(), 4000);
  EXPECT_EQ(OutageDelay(1000).count(), 60'000);
}

TEST(MailQueueTest, IsFullAtItsLimitAndWakesWhoWaits) {
  MailQueue queue;
  std::stop_source stop;
  EXPECT_FALSE(queue.WaitForMore(stop.get_token(), std::chrono::milliseconds(1)));
  queue.Added(MailQueue::kMostWaiting - 1);
  EXPECT_FALSE(queue.full());
  queue.Added();
  EXPECT_TRUE(queue.full());
  EXPECT_TRUE(queue.WaitForMore(stop.get_token(), std::chrono::hours(1)));
  queue.Counted(3);
  EXPECT_FALSE(queue.full());
  stop.request_stop();
  queue.Pause(stop.get_token(), std::chrono::hours(1));
}

}  // namespace
}  // namespace ashlar::identity
