// SPDX-License-Identifier: Apache-2.0
#include "identity/letter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"

namespace ashlar::identity {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

model::Service Shop(std::string title = "Shop") {
  model::Service service;
  service.name = "shop";
  service.title = std::move(title);
  service.identity.emplace();
  service.identity->links = {"https://x.example/v#{token}", "https://x.example/r?t={token}&a=b",
                             "https://x.example/i/{token}"};
  return service;
}

std::string Compose(const Sender& sender, const Letter& letter, std::string_view to = "ann@example.com") {
  auto text = ComposeMail(sender, to, letter, "018f", 784'111'777'000'000);
  return text ? *text : "refused: " + text.error().message;
}

TEST(LetterTest, IsAPlainMessage) {
  EXPECT_EQ(Compose({"Shop", "post@shop.example"}, {"Hello", "One\nTwo\n"}),
            "Date: Sun, 06 Nov 1994 08:49:37 +0000\r\nFrom: \"Shop\" <post@shop.example>\r\nTo: <ann@example.com>\r\n"
            "Subject: Hello\r\nMessage-ID: <018f@shop.example>\r\nAuto-Submitted: auto-generated\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
            "One\r\nTwo\r\n");
}

TEST(LetterTest, WhatIsNotAsciiIsEncoded) {
  const std::string title = "Café \"Größe\" " + std::string(60, 'x') + "é";
  std::string text = Compose({title, "post@shop.example"}, {title, "é\n"});
  EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) << text;
  EXPECT_THAT(text, HasSubstr("=?UTF-8?B?"));
  EXPECT_THAT(text, HasSubstr("base64\r\n\r\n" + Base64Encode("é\r\n") + "\r\n"));
  for (size_t at = 0; at < text.size(); at = text.find("\r\n", at) + 2) EXPECT_LE(text.find("\r\n", at) - at, 100u);
}

TEST(LetterTest, NothingWritesAHeaderOfItsOwn) {
  const std::string evil = "x\r\nBcc: all@example.com\r\n\r\nbody\x7f";
  for (const Letter& letter : {Letter{evil, "b\n"}, WriteLetter(Shop(evil), MailKind::kTaken, "")}) {
    std::string text = Compose({evil, "post@shop.example"}, letter);
    EXPECT_THAT(text, Not(HasSubstr("\nBcc:")));
    EXPECT_THAT(text.substr(0, text.find("\r\n\r\n")), Not(HasSubstr("\x7f")));
    EXPECT_EQ(text.find("\r\n\r\n"), text.find("7bit") + 4);
  }
  for (const char* to :
       {"a@b.c\r\nBcc: d@e.f", "a@b.c>", "a b@c.d", "a@b.c,d@e.f", "", "ab.c", "@b", "a@", "a@b@c", "\"a\"@b.c"}) {
    EXPECT_THAT(Compose({"", "post@shop.example"}, {"s", "b"}, to), StartsWith("refused")) << to;
    EXPECT_THAT(Compose({"", to}, {"s", "b"}), StartsWith("refused")) << to;
  }
}

TEST(LetterTest, SendersAreReadOrRefused) {
  EXPECT_EQ(ReadSender("post@shop.example")->address, "post@shop.example");
  auto named = ReadSender("The Shop, Ltd. <post@shop.example>");
  EXPECT_EQ(named->name, "The Shop, Ltd.");
  EXPECT_EQ(named->address, "post@shop.example");
  for (const char* bad : {"", "shop", "Shop <post>", "Shop <a@b.c", "Shop\n <a@b.c>", "a@b.c\r\nX: y", "<a@b.c> x"}) {
    EXPECT_FALSE(ReadSender(bad)) << bad;
  }
}

TEST(LetterTest, EveryKindSaysWhatItIsAboutAndLeadsToItsPage) {
  const model::Service shop = Shop();
  for (const MailKindRow& row : MailKinds()) {
    EXPECT_EQ(FindMailKind(row.name), row.kind);
    if (row.kind == MailKind::kNothing) continue;
    Letter letter = WriteLetter(shop, row.kind, "TOKEN");
    EXPECT_THAT(letter.subject, StartsWith("Shop: "));
    EXPECT_EQ(letter.body.contains("TOKEN"), row.purpose.has_value()) << row.name;
    EXPECT_FALSE(letter.subject.contains("TOKEN"));
    if (row.purpose)
      EXPECT_THAT(letter.body, HasSubstr("\n" + LinkWith(shop.identity->links, *row.purpose, "TOKEN") + "\n"));
  }
  EXPECT_EQ(LinkWith(shop.identity->links, Purpose::kReset, "T"), "https://x.example/r?t=T&a=b");
  EXPECT_THAT(WriteLetter(shop, MailKind::kReset, "T").body, HasSubstr("30 minutes"));
}

}  // namespace
}  // namespace ashlar::identity
