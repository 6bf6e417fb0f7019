// SPDX-License-Identifier: Apache-2.0
#include "identity/ticket.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace ashlar::identity {
namespace {

const std::string kKey = TicketKey("of the service");

TEST(TicketTest, IsReadAsItWasWritten) {
  for (Purpose purpose : {Purpose::kVerify, Purpose::kChange, Purpose::kReset, Purpose::kInvite}) {
    const Ticket ticket = NewTicket(kKey, purpose, "ann");
    const std::string text = WriteTicket(kKey, ticket);
    EXPECT_EQ(ReadTicket(kKey, text), ticket);
    EXPECT_EQ(WriteTicket(kKey, ticket), text);
  }
}

TEST(TicketTest, ThereIsOneOfAPurposeAtATimeAndTheNextIsAnother) {
  const Ticket first = NewTicket(kKey, Purpose::kReset, "ann"), second = NewTicket(kKey, Purpose::kReset, "ann");
  EXPECT_EQ(first.id, second.id);
  EXPECT_NE(first.stamp, second.stamp);
  EXPECT_GE(first.stamp, 0);
  EXPECT_LT(first.stamp, int64_t{1} << 53);
  EXPECT_NE(first.id, NewTicket(kKey, Purpose::kVerify, "ann").id);
  EXPECT_NE(first.id, NewTicket(kKey, Purpose::kReset, "bob").id);
  EXPECT_NE(first.id, NewTicket(TicketKey("of another"), Purpose::kReset, "ann").id);
}

TEST(TicketTest, NoBitOfItCanBeChanged) {
  const std::string text = WriteTicket(kKey, NewTicket(kKey, Purpose::kReset, "ann"));
  const std::string bytes = *Base64UrlDecode(text);
  for (size_t i = 0; i < bytes.size() * 8; ++i) {
    std::string other = bytes;
    other[i / 8] = static_cast<char>(other[i / 8] ^ 1 << i % 8);
    EXPECT_FALSE(ReadTicket(kKey, Base64UrlEncode(other))) << i;
  }
  EXPECT_FALSE(ReadTicket(TicketKey("of another"), text));
  for (const std::string& bad : {std::string(), text.substr(1), text + "A", text + "=", std::string(1000, 'A')}) {
    EXPECT_FALSE(ReadTicket(kKey, bad)) << bad;
  }
}

}  // namespace
}  // namespace ashlar::identity
