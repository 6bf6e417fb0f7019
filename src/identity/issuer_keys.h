// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/http_fetch.h"
#include "base/observe.h"
#include "base/task.h"
#include "identity/jwks.h"
#include "model/issuer.h"

namespace ashlar::identity {

// The keys of one issuer, fetched on a thread of their own: at the start, when they are no longer fresh and somebody
// asks, and for a key that they lack, once in a while however many ask. When the issuer cannot be had, those that were
// there last stay good for some time. Shared by all loops.
class IssuerKeys {
 public:
  static constexpr int64_t kLeastFresh = 60, kUsuallyFresh = 600, kMostFresh = 3600;  // seconds, as the issuer says
  static constexpr int64_t kGoodSeconds = 4 * 3600;  // from the last time that they were fetched
  static constexpr int64_t kRestSeconds = 30;  // between two attempts, and between two for keys that are lacking
  static constexpr size_t kMostWaiting = 256;

  struct Set {
    std::vector<VerificationKey> keys;
    uint64_t number = 0;  // another when they are others
    std::string text;  // as it was fetched
    std::string discovery;  // the document that led to them; empty where the contract says where they are
    int64_t fresh_until = 0, good_until = 0;  // microseconds of the steady clock
  };

  // `authorities`: whose certificates are believed, a PEM file; empty: the system's. All must outlive it.
  IssuerKeys(const model::Issuer& issuer, std::string authorities, const Clock& clock, Observer& observer);
  ~IssuerKeys() { Close(); }

  const model::Issuer& issuer() const { return issuer_; }
  // What verifies now; null where nothing was fetched for too long. Never waits.
  std::shared_ptr<const Set> Current();
  // For a key that Current lacks: waits for a fetch, if one is due. False: none is, or too many wait. REQUIRES: the
  // loop is there until Close has returned.
  Task<bool> Renew();
  // Ends the thread; who waits is told that nothing came. May be called again.
  void Close();

  int64_t fetches() const { return fetches_; }  // that were begun
  bool busy() {  // a fetch is wanted or runs
    std::lock_guard lock(mutex_);
    return wanted_;
  }

 private:
  using Done = std::move_only_function<void(bool)>;
  bool Wait(Done& done);
  void Work();
  Result<Set> FetchSet();
  Result<std::string> Discover();
  // REQUIRES of these: the mutex is held.
  void Ask();
  void Take(Result<Set> set);

  const model::Issuer& issuer_;
  const FetchOptions fetch_;
  const Clock& clock_;
  Observer& observer_;
  std::atomic<bool> ended_ = false;
  std::atomic<int64_t> fetches_ = 0;
  std::mutex mutex_;
  std::condition_variable wakes_;
  bool wanted_ = true;  // a fetch, which may run already
  int64_t attempted_ = INT64_MIN / 2, asked_ = INT64_MIN / 2;  // microseconds; asked: for a key that was lacking
  bool failed_ = false;
  std::shared_ptr<const Set> set_;
  std::vector<Done> waiting_;
  std::thread thread_;
};

// All that a contract names.
class Issuers {
 public:
  Issuers(const std::vector<model::Issuer>& issuers, const std::string& authorities, const Clock& clock,
          Observer& observer);
  // Whose `iss` this is, to the letter; null for nobody's.
  IssuerKeys* Find(std::string_view iss) const;
  void Close();

 private:
  std::vector<std::unique_ptr<IssuerKeys>> all_;
};

// Where the discovery document of an issuer is (OpenID Connect Discovery 1.0, 4).
std::string DiscoveryUrl(std::string_view issuer);
// What it says of where the keys are. kInvalid: it is another issuer's, or of another form.
Result<std::string> JwksUrlIn(std::string_view document, const std::string& issuer);

}  // namespace ashlar::identity
