// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/keeper.h"
#include "identity/mail.h"
#include "identity/mail_queue.h"

namespace ashlar::identity {

// Of mails that strangers can ask for, an address gets so many at once, and then one each while.
inline constexpr int64_t kMostMailsAtOnce = 5;
inline constexpr int64_t kMailEveryMicros = 12 * 60 * int64_t{1'000'000};

// A mail that somebody has asked for who need not be its recipient.
struct Posting {
  MailKind kind = MailKind::kNothing;  // kNothing: for nobody, at the cost of any other
  std::string recipient;               // the address
  std::string user;                    // whose ticket it is, where the kind has a purpose
  std::string asker;                   // the User who asks, if it is one: what they bring about is bounded too
  std::string asked_for;               // what the client wrote: who is not there is told apart by it
  std::vector<call::Call> with;        // in the same transaction, before it
};

// A ticket that is good, as its row has it.
struct HeldTicket {
  Ticket ticket;
  int64_t version = 0;
  TicketHolder holder;
};

// What is written of mails and tickets. One loop's.
class Mailroom {
 public:
  // `queue` is null where nothing is ever sent. All must outlive it.
  Mailroom(Keeper& keeper, MailQueue* queue, std::string_view service_key)
      : keeper_(keeper), queue_(queue), key_(TicketKey(service_key)) {}

  bool sends() const { return queue_ != nullptr; }

  // Puts a mail into the queue, unless its recipient has had too many: then, as for nobody, as much is read and written
  // and nothing sent. Whoever asks learns of neither. OVERLOADED while too many wait. REQUIRES: sends().
  Task<engine::SequenceAnswer> Post(Context& context, Posting posting);

  // The call that queues a notice to the owner of an account, however many they have had: whoever brings it about has
  // proved who they are. To be told Sent once it is done. REQUIRES: sends().
  call::Call Notice(const Context& context, MailKind kind, const std::string& recipient) const;
  void Sent() const { queue_->Added(); }

  // What a token opens; 401 unless it is of one of these purposes and good still.
  Task<call::Answer<HeldTicket>> Look(Context& context, std::string token, std::vector<Purpose> purposes);
  // The call that uses it up, which fails where another has.
  call::Call Consuming(const Context& context, const HeldTicket& held) const;
  // The call that spoils what a User was given.
  call::Call Spoiling(const Context& context, Purpose purpose, const std::string& user) const;

  // A credential that stands for nobody, to write what somebody else would cost. `which` tells several apart.
  call::Call Pretending(const Context& context, std::string_view who, int which) const;

 private:
  struct Room {
    bool free = false;  // for one more
    call::Call taking;
  };
  Task<call::Answer<Room>> RoomFor(Context& context, std::string whose, std::string who);
  Task<call::Answer<bool>> HasRoom(Context& context, const Posting& posting, std::vector<call::Call>& taking);
  std::vector<call::Call> CallsOf(const Context& context, const Posting& posting, bool sends,
                                  std::vector<call::Call> taking) const;
  std::string DecoyId(std::string_view kind, std::string_view who) const;

  Keeper& keeper_;
  MailQueue* queue_;
  const std::string key_;
};

std::unexpected<call::ApiError> WrongTicket();
std::unexpected<call::ApiError> NoMails();

}  // namespace ashlar::identity
