// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/observe.h"
#include "identity/letter.h"
#include "identity/mail_queue.h"
#include "identity/mail_sender.h"
#include "plan/planner.h"
#include "store/store.h"

namespace ashlar::identity {

// For how long a mail that the server has refused so often waits, and how often it is tried.
int64_t MailDelayMicros(int64_t attempts);
inline constexpr int64_t kMostAttempts = 6;
// For how long nothing is sent after so many mails in a row have found nobody.
std::chrono::milliseconds OutageDelay(int64_t failures);

// Sends what stands in the queue, on a thread of its own, until it goes. A mail leaves the queue once the server has
// taken it, so that none is lost; one may be sent twice, with the same Message-ID, where the process ends in between.
// One that nobody takes before its time is over is dropped, and the log says so. Sweeps tickets and mailboxes that
// are over. What it is given must outlive it; let it go before the store closes.
class Courier {
 public:
  struct Parts {
    const plan::Planner& planner;
    store::Store& store;
    std::string service_key;  // ServiceKeys::refresh()
    std::unique_ptr<MailSender> sender;
    Sender from;
    MailQueue& queue;
    const Clock& clock;
    Observer& observer;
  };
  explicit Courier(Parts parts);
  ~Courier();

 private:
  class Round;
  std::unique_ptr<Round> round_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace ashlar::identity
